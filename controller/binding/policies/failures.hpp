#pragma once

#include "binding/resource/reason.hpp"
#include "cloud/client.hpp"

namespace binding {

// The reason for a failed read of a certificate, and for any other failed call. A failure that ends by itself
// has the reason CloudUnavailable.
reason certificate_reason(cloud::failure failure);
reason listener_reason(cloud::failure failure);

}  // namespace binding
