#pragma once

#include "binding/gates/stops.hpp"

#include <optional>

// unanswered-writes: nothing is concluded and nothing is written to the listener while a PUT of the target
// may still take effect.
namespace binding {

// Empty: there is no PUT, or its outcome is known. Expects listener and load balancer.
std::optional<shut_stop_gate> put_under_way(const observation& observation, const members& own);

// Shut while Octavia makes a change of the target that it has accepted. The load balancer alone is asked
// whether the change has ended, when it is time to look; the listener is read after that. Certificates of
// bindings that came meanwhile are read in any case.
std::optional<shut_stop_gate> accepted_put_under_way(const observation& observation, const members& own);

}  // namespace binding
