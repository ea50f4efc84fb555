#pragma once

#include "binding/observed/put_record.hpp"

#include <map>
#include <utility>

namespace binding {

// contested: accepted PUTs put a ref into a slot, or took it off the SNI list, all in the same direction.
struct ownership_change
{
    bool added = false;
    int times = 0;             // from the second on, a PUT repaired what somebody else had undone
    support::time_point at{};  // of the last PUT
};

// Of the last hours.
using ownership_changes = std::map<std::pair<slot, cloud::container_ref>, ownership_change>;

// Octavia accepted the PUT.
void record_ownership_changes(ownership_changes& changes, const put_state& put, support::time_point now);

// contested: a contest ends after an hour undisturbed, or after two hours without an attempt. `at_rest`: the
// listener as this pass read it, if no change is under way; null: not known.
void forget_undisturbed_changes(
    ownership_changes& changes, support::time_point now, const cloud::listener* at_rest
);

// Whether the next read of a listener that is left alone ends a contest.
bool may_forget_changes(const ownership_changes& changes, support::time_point now);

// contested: until when the controller does not repair the change again. Each repair that is undone doubles
// the wait, from the resync period to an hour.
support::time_point contested_until(const ownership_change& change, const settings& settings);

}  // namespace binding
