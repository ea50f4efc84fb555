#pragma once

#include "binding/gates/gate.hpp"
#include "binding/slots/assignment.hpp"

#include <set>
#include <variant>

namespace binding {

// Assigns the slots of the listener without the dead refs `left_out`, and sets the placement of each member.
// Returns a read instead if the assignment depends on refs that were not looked up in this pass, and a stop
// if the certificate service did not answer about them.
std::variant<assignment, read, stop> assign(
    const observation& observation,
    const listener_view& view,
    members& members,
    const std::set<cloud::container_ref>& left_out
);

}  // namespace binding
