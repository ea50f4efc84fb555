#pragma once

#include "binding/resource/certificate_binding.hpp"
#include "support/error.hpp"

#include <string>
#include <string_view>

// CertificateBinding objects from and to JSON.
namespace binding {

// Reads an object as the API server sends it. SIMDJSON_PADDING bytes beyond the end of `object` must be
// readable. errc::bad_answer names the field that is missing or of a wrong type. A malformed status is read
// as an empty one, but a malformed ledger is an error, because the ledger must not look empty.
support::result<certificate_binding> decode(std::string_view object);

// JSON merge patches (RFC 7386) with metadata.uid and resourceVersion of `object`, so that a write to a
// changed object is refused with 409.
std::string finalizers_patch(const certificate_binding& object, bool with_ours);
std::string status_patch(const certificate_binding& object, const status& wanted);

}  // namespace binding
