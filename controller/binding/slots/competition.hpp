#pragma once

#include "binding/slots/slot_request.hpp"

#include <vector>

// Who gets what several bindings want (oldest-wins).
//
// Flow
//   1. Bindings that take part come in the order of precedence. Of those that want the same the first wins,
//      and the others learn its name.
//   2. What is on the listener and won by nobody goes to the binding that wants it, though its certificate
//      could not be attached now (ownership: adoption).
// Guarantees
//   - The targets of all credentials of a listener agree on the precedence, because all see alike what it
//     goes by. Who takes part may differ for a moment (policies/members).
//   - No binding of the same second replaces one that is attached.
// Assumptions
//   - assignment_input::dead names refs of ours alone.
// Caveats
//   - The winner of the default slot may have no ref yet, because a rotation keeps its part by the old
//     certificate.
namespace binding {

// One request on its way through the assignment.
struct contender
{
    const slot_request* request = nullptr;
    binding::placement placement;

    slot wanted_slot() const { return request->object->wanted_slot(); }
    // What it no longer wants stays until what it wants is in place (gapless-rotation).
    bool keeps_its_old_refs() const { return request->is_live() && !placement.placed; }
};

// In the order of the requests, each with `present`, `wins` and `winner`. `input` must outlive them.
std::vector<contender> compete(const assignment_input& input);

}  // namespace binding
