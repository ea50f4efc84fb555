#pragma once

#include "binding/events/event_sink.hpp"
#include "binding/observed/target_state.hpp"

#include <optional>
#include <vector>

// What is worth telling of a change of an object, or of the time that goes on. Pure.
namespace binding {

// State or reason have changed.
std::optional<event> change_of_state(const certificate_binding& before, const certificate_binding& after);

// What of the ledger the listener holds as far as it is known: all of it while a PUT is under way, or where
// the listener was not read.
std::vector<attachment> still_there(const ledger& held, const target_state& memory);

// The binding went without us, because our finalizer was taken off by hand: what it has `left` on the
// listener is nobody's. Empty if there is nothing to tell.
std::optional<event> orphaned(
    const certificate_binding& before, const certificate_binding* after, const std::vector<attachment>& left
);

// Of the days before the end of the binding's certificate at which it is warned of, one has come in
// (last, now]; without `last` at any time up to now. Where several have, it is told of the last of them.
std::optional<event> expiry_warning(
    const certificate_binding& binding,
    const std::vector<int>& days,
    std::optional<support::wall_time> last,
    support::wall_time now
);

// Whether it is about another certificate, or another end of it.
bool expires_otherwise(const certificate_binding* before, const certificate_binding& after);

}  // namespace binding
