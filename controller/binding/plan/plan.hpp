#pragma once

#include "binding/observed/observation.hpp"
#include "binding/plan/step.hpp"

#include <vector>

// The pure decision: from what was observed of a target, what to do next. No I/O, no clock.
//
// Flow: the reconcile pass does the step, adds what it saw to the observation, and asks again, until the step
// is done.
//   own_members    the bindings of the target, with the ledgers that are believed
//   let_go         deletions that leave the cloud as it is are over at once
//   first_stop     what has to be read first, or why nothing can be decided (gates/stops)
//   evaluate       what each binding may have now, or why not (policies/)
//   assign         who gets the default, who the SNI slots (slots/assignment)
//   write gates    why the listener must not be written now, if so (gates/write_gates)
//   ledgers        the write-ahead before a PUT, the verified ledger after it
//   report         statuses, the only place where a conclusion becomes a write
// Guarantees: the rules of docs/development.md, each named where it is decided. The same observation gives
// the same decision. Assumptions: the pass does the step before anything else of this target happens.
namespace binding {

struct decision
{
    binding::step step;
    bool put_resolved = false;    // what became of the PUT that the state remembers is known: forget it
    std::vector<event> events{};  // true whatever becomes of the step
};

decision plan(const observation& observation);

}  // namespace binding
