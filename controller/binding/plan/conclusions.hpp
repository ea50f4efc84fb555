#pragma once

#include "binding/gates/write_gates.hpp"

// What the plan concludes about one own binding once the slots are assigned.
namespace binding {

// What follows from the assignment alone.
conclusion of_assignment(const observation& observation, const member& member);

// What follows if no PUT is to come for the binding: the last read decides, its ledger included.
conclusion of_read(const listener_update& update, const member& member);

}  // namespace binding
