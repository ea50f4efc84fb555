#pragma once

#include "binding/observed/observation.hpp"
#include "binding/targets/pass_context.hpp"

#include <string>
#include <vector>

// The rule readable-before-write, beyond the target's own listener: which other listeners a pass has to read
// before a PUT, and what it makes of the answers. The cloud reader does the reading.
namespace binding {

// The targets whose listeners may be on the load balancer and may hold something of ours.
std::vector<target> listeners_to_read(
    const pass_context& at, const target& here, const support::uuid& load_balancer
);

// Whether the listener of `other` may be on the load balancer, as far as is known now.
bool may_share_load_balancer(
    const pass_context& at, const target& here, const support::uuid& load_balancer, const target& other
);

struct judged_listener
{
    other_listener seen;
    std::vector<cloud::container_ref> refs;  // on it, client CA and CRL included: to be looked up
};

// What the read of that listener says, which the state of `here` has recorded.
judged_listener judge_listener(
    const pass_context& at,
    const target& here,
    const support::uuid& load_balancer,
    const target& other,
    const cloud::answer<cloud::listener>& answer
);

// What the look-ups of its refs say.
void judge_refs(const pass_context& at, const target& here, judged_listener& listener);

// Whether the answer says that the ref is there, or that it is not.
bool is_certain(cloud::ref_state state);

// A wrong endpoint answers 404 for everything: refs of ours on other listeners, of which some must be
// readable before one of ours is taken for dead.
std::vector<cloud::container_ref> refs_for_endpoint_check(const pass_context& at, const target& here);
endpoint_check judge_endpoint(const std::vector<cloud::ref_state>& states);

}  // namespace binding
