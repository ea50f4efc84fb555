#pragma once

#include "binding/observed/observation.hpp"
#include "binding/plan/step.hpp"

#include <vector>

// The pure decision: from what was observed of a target, what to do next. No I/O, no clock.
//
// Flow: the reconcile pass does the step, adds the answer to the observation, and calls plan() again, until
// the step is `done`.
//   own_members              the bindings of the target, with the ledgers that are believed
//   end_deletions_in_place   deletions that leave the listener as it is end at once
//   first_stop               what has to be read first, or why nothing can be decided (gates/stops)
//   stop_for_protocol        a listener without certificates has nothing to decide (gates/stops)
//   evaluate                 what each binding may have now, or why not (policies/)
//   assign                   who gets the default, who the SNI slots (slots/assignment)
//   write gates              why the listener must not be written now, if so (gates/write_gates)
//   ledgers                  the write-ahead before a PUT, the verified ledger after it
//   report                   statuses: here a conclusion becomes a write
//   The chain goes back to `evaluate` in two cases, each of which can come only so often: with more dead refs
//   that the PUT leaves out, and with half of the suspects of a bisection.
// Guarantees: the rules of docs/development.md, each named where it is decided. The same observation gives
// the same decision.
// Assumptions: the pass does the step before anything else happens to the target.
namespace binding {

struct decision
{
    binding::step step;
    // The outcome of the PUT that the state holds is known, so the state forgets the PUT.
    bool put_resolved = false;
    // True whether the step succeeds or not.
    std::vector<event> events{};
};

decision plan(const observation& observation);

}  // namespace binding
