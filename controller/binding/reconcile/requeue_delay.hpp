#pragma once

#include "binding/observed/target_state.hpp"

#include <optional>

namespace binding {

// How soon a target has to be reconciled because an object of it has changed; empty: not at all. `before` is
// null for a new object, `after` for one that is gone, `state` for a target of which nothing is known.
std::optional<support::duration> requeue_delay(
    const target_state* state,
    const certificate_binding* before,
    const certificate_binding* after,
    const settings& settings
);

}  // namespace binding
