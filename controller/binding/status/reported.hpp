#pragma once

#include "binding/resource/certificate_binding.hpp"

// What the last status that was written for a binding holds.
namespace binding {

// The status was written for this generation.
bool is_reported(const certificate_binding& object);

// Ready has this reason, for this generation. Another wording of the same reason is not worth a write.
bool is_reported_as(const certificate_binding& object, reason why);

// A person is needed because of `why`, for this generation.
bool is_stalled_by(const certificate_binding& object, reason why);

// The binding was Ready for this generation, and since then the cloud only failed to answer.
bool was_verified(const certificate_binding& object);

// The condition Attached is True, for any generation.
bool was_attached(const certificate_binding& object);

}  // namespace binding
