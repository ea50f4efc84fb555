#pragma once

#include "binding/resource/certificate_binding.hpp"

// What the status of a binding says already.
namespace binding {

// The status speaks of this generation.
bool is_reported(const certificate_binding& object);

// Ready gives this reason, for this generation. Another wording of the same reason is not worth a write.
bool is_reported_as(const certificate_binding& object, reason why);

// The binding was Ready for this generation, and nothing but doubt has come since.
bool was_verified(const certificate_binding& object);

// Attached was True when it was reported last, for any generation.
bool was_attached(const certificate_binding& object);

}  // namespace binding
