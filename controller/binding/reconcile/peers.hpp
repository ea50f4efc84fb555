#pragma once

#include "binding/observed/observation.hpp"
#include "binding/reconcile/reconciler.hpp"

#include <map>
#include <vector>

// Rule 14, one listener and several credentials: what a target has to know of the others of its listener.
namespace binding {

struct observed_peers
{
    std::vector<peer> bindings;  // oldest first
    std::optional<support::time_point>
        put_deadline;     // of a PUT through another target that may still take effect
    bool unread = false;  // one has not tried to read the listener yet
};

observed_peers observe_peers(
    const target& here,
    const binding_store& store,
    const credential_source& credentials,
    const std::map<target, target_state>& memories,
    const settings& settings,
    support::time_point started,  // the process
    support::time_point now
);

// Notes since when each of the others could take over the default slot from a deletion here: an heir that has
// not done so for a minute is none.
void record_heirs(
    target_state& memory,
    const std::vector<const certificate_binding*>& bindings,
    const std::vector<peer>& peers,
    support::time_point now
);

}  // namespace binding
