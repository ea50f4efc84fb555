#pragma once

#include "binding/reconcile/reconcile_pass.hpp"
#include "runtime/work_queue.hpp"
#include "support/backoff.hpp"

namespace binding {

// When the work queue gives the target to a pass again.
runtime::outcome outcome_of(
    const target& which, const pass_end& end, const settings& settings, support::random_engine& random
);

// The same for a target that needs no pass for so long. Targets that one survey confirmed are spread.
runtime::outcome spared_outcome(
    support::duration spared, const settings& settings, support::random_engine& random
);

}  // namespace binding
