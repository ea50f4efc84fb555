#pragma once

#include "binding/events/event.hpp"
#include "binding/observed/target_state.hpp"
#include "support/clock.hpp"

#include <optional>
#include <vector>

// Which events follow from a change of an object, and from time that passes. Pure.
namespace binding {

// The state of the binding, or the reason of its Ready condition, has changed.
std::optional<event> change_of_state(const certificate_binding& before, const certificate_binding& after);

// What of the ledger the listener shows, as far as is known: all of it while a PUT is under way, or if the
// listener was not read.
std::vector<attachment> still_there(const ledger& held, const target_state& state);

// What a binding that leaves the controller's hands leaves on its listener. `state`: of its target; null: the
// target was never reconciled. Empty if the controller itself removed the finalizer.
std::vector<attachment> left_behind(const certificate_binding& before, const target_state* state);

// Somebody removed the controller's finalizer by hand, so `left` belongs to no binding any more. Empty if
// nothing is left, or if it was to stay.
std::optional<event> orphaned(
    const certificate_binding& before, const certificate_binding* after, const std::vector<attachment>& left
);

// One of the `days` before the end of the binding's certificate has begun in (last, now]; without `last`, at
// any time up to now. Of several days the latest counts.
std::optional<event> expiry_warning(
    const certificate_binding& binding,
    const std::vector<int>& days,
    std::optional<support::wall_time> last,
    support::wall_time now
);

// Whether the binding has another certificate now, or its certificate another end.
bool expires_otherwise(const certificate_binding* before, const certificate_binding& after);

}  // namespace binding
