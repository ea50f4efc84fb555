#pragma once

#include "binding/events/event.hpp"
#include "binding/observed/target_state.hpp"
#include "support/clock.hpp"

#include <optional>
#include <vector>

// The events that follow from a change of a binding, and from the time that passes. Pure functions.
namespace binding {

// The state of the binding, or the reason of its Ready condition, has changed.
std::optional<event> change_of_state(const certificate_binding& before, const certificate_binding& after);

// The deletion needs a person, and a whole hour of that wait ended in (last, now].
std::optional<event> deletion_reminder(
    const certificate_binding& object, support::wall_time last, support::wall_time now
);

// Somebody else wrote the ledger of the binding, and the controller is about to overwrite it.
event ledger_restored(const certificate_binding& object);

// The entries of the ledger that the listener shows. All entries, while a PUT is under way or if the listener
// was not read, because each of them may be there then.
std::vector<attachment> still_there(const ledger& held, const target_facts& facts);

// The certificates that stay on the listener when the controller has nothing to do for the binding any more.
// `facts`: of the binding's target; null: the target was never reconciled. Empty if the controller itself
// removed the finalizer.
std::vector<attachment> left_behind(const certificate_binding& before, const target_facts* facts);

// The controller's finalizer was removed by hand, so `left` belongs to no binding any more. Empty if nothing
// is left, or if the binding asked to leave it (Retain, abandon).
std::optional<event> orphaned(
    const certificate_binding& before, const certificate_binding* after, const std::vector<attachment>& left
);

// One of the `days` before the certificate expires has begun in (last, now]; without `last`, at any time up
// to now. Of several days the latest counts.
std::optional<event> expiry_warning(
    const certificate_binding& binding,
    const std::vector<int>& days,
    std::optional<support::wall_time> last,
    support::wall_time now
);

// Whether the binding names another certificate now, or its certificate expires at another time.
bool expiry_has_changed(const certificate_binding* before, const certificate_binding& after);

}  // namespace binding
