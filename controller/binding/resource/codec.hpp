#pragma once

#include "binding/resource/certificate_binding.hpp"
#include "support/error.hpp"

#include <string>
#include <string_view>

// CertificateBinding objects from and to JSON.
namespace binding {

// Reads an object as the API server sends it. The text must be readable for SIMDJSON_PADDING bytes beyond its
// end. errc::bad_answer names the field that is missing or of a wrong type; a status that cannot be read is
// an empty one for display, but a ledger that cannot be read is an error, because it must not look empty.
support::result<certificate_binding> decode(std::string_view object);

// JSON merge patches (RFC 7386) with metadata.uid and resourceVersion of `object`, so that a write to a
// changed object is refused with 409.
std::string finalizers_patch(const certificate_binding& object, bool with_ours);
std::string status_patch(const certificate_binding& object, const status& wanted);

}  // namespace binding
