#pragma once

#include "binding/gates/stops.hpp"

#include <optional>
#include <vector>

// unanswered-writes: nothing is concluded and nothing is written while a PUT of the target may still take
// effect.
namespace binding {

// Empty: there is no PUT, or its outcome is known. Expects listener and load balancer.
std::optional<stop_gate> put_under_way(const observation& observation, const members& own);

// An event that names the changes of another client that the PUT overwrote.
std::vector<event> lost_updates(const observation& observation, const members& own);

}  // namespace binding
