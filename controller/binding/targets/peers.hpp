#pragma once

#include "binding/observed/observation.hpp"
#include "binding/targets/pass_context.hpp"

#include <vector>

// own-credential, one listener and several credentials: what a target has to know of the others of its
// listener.
namespace binding {

struct observed_peers
{
    std::vector<peer> bindings;  // oldest first
    std::optional<support::time_point>
        put_deadline;     // of a PUT through another target that may still take effect
    bool unread = false;  // one has not tried to read the listener yet
};

observed_peers observe_peers(const target_context& at, const target& here);

// Records in `state` that there are peers, and which of them could take the default slot over from a deletion
// of the target.
void record_observed_peers(
    target_state& state,
    const std::vector<const certificate_binding*>& bindings,
    const observed_peers& peers,
    support::time_point now
);

}  // namespace binding
