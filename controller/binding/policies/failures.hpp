#pragma once

#include "binding/resource/reason.hpp"
#include "cloud/client.hpp"

namespace binding {

// The reason that a failed read of a certificate, or of the listener and all else, has in a status. What
// passes by itself is CloudUnavailable.
reason certificate_reason(cloud::failure failure);
reason listener_reason(cloud::failure failure);

}  // namespace binding
