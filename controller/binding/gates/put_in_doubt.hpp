#pragma once

#include "binding/gates/stops.hpp"

#include <optional>
#include <vector>

// unanswered-writes: nothing is concluded and nothing is written while a PUT of ours may still take effect.
namespace binding {

// Empty: there is no PUT, or what became of it is known; see put_is_over(). Expects listener and load
// balancer.
std::optional<stop_gate> put_under_way(const observation& observation, const members& own);

// A PUT was remembered, and the gate above let it pass: forget it.
bool put_is_over(const observation& observation);

// What our PUT overwrote of changes that somebody else made at the same time, as an event.
std::vector<event> lost_updates(const observation& observation, const members& own);

}  // namespace binding
