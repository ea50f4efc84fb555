#pragma once

#include "binding/resource/certificate_binding.hpp"
#include "binding/resource/reason.hpp"
#include "cloud/client.hpp"

#include <string>

namespace binding {

// The reason for a failed read of a certificate, and for any other failed call. A failure that ends by itself
// has the reason CloudUnavailable.
reason certificate_reason(cloud::failure failure);
reason listener_reason(cloud::failure failure);

// The message of a failed read, with what a person can check or do. `scope`: null if it was not read.
std::string certificate_message(
    const cloud::error& error, const certificate_binding& object, const cloud::project_scope* scope
);
std::string listener_message(
    const cloud::error& error, const certificate_binding& object, const cloud::project_scope* scope
);

}  // namespace binding
