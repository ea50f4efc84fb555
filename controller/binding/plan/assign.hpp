#pragma once

#include "binding/gates/gate.hpp"
#include "binding/slots/assignment.hpp"

#include <set>
#include <variant>

namespace binding {

// The slots that the members get, with the dead refs left out; each member gets its placement. Instead, the
// refs whose readability decides it and that were not read in this pass, or a stop if the certificate service
// does not answer about them.
std::variant<assignment, read, stop> assign(
    const observation& observation,
    const listener_view& view,
    members& members,
    const std::set<cloud::container_ref>& left_out
);

}  // namespace binding
