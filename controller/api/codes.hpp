#pragma once

#include "binding/resource/reason.hpp"

namespace api {

// The HTTP status that stands for a reason that the loop wrote: 201 as long as the binding may still come,
// 202 for a deletion under way, otherwise that of the API's errors. docs/status.md has the same column.
// 4xx may stand for a certificate that is attached (CertificateExpired).
int http_status_of(binding::reason why);

}  // namespace api
