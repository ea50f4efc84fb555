#pragma once

#include "binding/resource/certificate_binding.hpp"
#include "support/error.hpp"

#include <string_view>

namespace binding {

// Reads a CertificateBinding as the API server sends it. SIMDJSON_PADDING bytes beyond the end of `object`
// must be readable. errc::bad_answer names the field that is missing or of a wrong type. A malformed status
// is read as an empty one, but a malformed ledger is an error, because the ledger must not look empty.
support::result<certificate_binding> decode(std::string_view object);

}  // namespace binding
