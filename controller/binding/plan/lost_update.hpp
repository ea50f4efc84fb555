#pragma once

#include "binding/slots/listener_slots.hpp"

#include <string>
#include <vector>

// Octavia has no conditional update: what somebody else writes between the read that a PUT was planned from
// and its end is overwritten. What was read meanwhile tells of it.
namespace binding {

// What `meanwhile` shows of somebody else's change and `after` shows no more, for people: "added <ref>",
// "removed <ref>", "made <ref> the default". `from` is the listener that the PUT was planned from, `expected`
// the one that the PUT makes of it.
std::vector<std::string> undone_changes(
    const listener_slots& from,
    const listener_slots& meanwhile,
    const listener_slots& expected,
    const listener_slots& after
);

}  // namespace binding
