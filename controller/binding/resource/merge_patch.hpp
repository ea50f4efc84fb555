#pragma once

#include "binding/resource/certificate_binding.hpp"

#include <string>

// JSON merge patches (RFC 7386) of a CertificateBinding. Each carries metadata.uid and resourceVersion of
// `object`, so the API server answers 409 if the object has changed.
namespace binding {

// With the controller's finalizer or without it; finalizers of others stay.
std::string finalizers_patch(const certificate_binding& object, bool with_ours);
std::string status_patch(const certificate_binding& object, const status& wanted);

}  // namespace binding
