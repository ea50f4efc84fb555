#pragma once

#include "binding/resource/certificate_binding.hpp"

#include <optional>

// What the loop's status of a binding means for a call that waits.
namespace api {

// The HTTP status with which a POST answers now, or nothing while it is worth waiting. `seen` is the binding
// that it created, as the index has it; null: not yet. Without a word that decides, it is 201 at the end of
// the time.
std::optional<int> outcome_of_creation(const binding::certificate_binding* seen, bool time_is_up);

// Whether a deletion waits for a person, so that a call need not wait on. `seen` may be null.
bool deletion_needs_person(const binding::certificate_binding* seen);

// The binding may be on the listener, or may just be put there.
bool may_be_attached(const binding::certificate_binding& object);

// The binding says that Octavia has no such listener, or none for this credential.
bool lacks_listener(const binding::certificate_binding& object);

}  // namespace api
