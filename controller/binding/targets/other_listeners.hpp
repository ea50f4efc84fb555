#pragma once

#include "binding/observed/observation.hpp"
#include "binding/targets/pass_context.hpp"

#include <string>
#include <vector>

// readable-before-write, beyond the target's own listener: which other listeners a pass reads before a PUT,
// and what follows from the answers. The cloud reader does the reading.
namespace binding {

// The targets whose listeners may be on the load balancer and may hold a ref of ours.
std::vector<target> listeners_to_read(
    const target_context& at, const target& here, const support::uuid& load_balancer
);

// False: the listener of `other` is known to be on another load balancer, or cannot hold a ref of ours.
bool may_share_load_balancer(
    const target_context& at, const target& here, const support::uuid& load_balancer, const target& other
);

struct judged_listener
{
    other_listener result;
    std::vector<cloud::container_ref> refs;  // to look up: all on the listener, client CA and CRL included
};

// Expects that the facts of `here` have recorded the answer.
judged_listener judge_listener(
    const target_context& at,
    const target& here,
    const support::uuid& load_balancer,
    const target& other,
    const cloud::answer<cloud::listener>& answer
);

// Completes the result with the look-ups of the refs that the facts of `here` have recorded.
void judge_refs(const target_context& at, const target& here, judged_listener& listener);

// The certificate service said that the ref exists, or that it does not.
bool is_certain(cloud::ref_state state);

// Refs of ours on other listeners. A wrong endpoint answers 404 for every ref, so some of these must be
// readable before a ref of the target counts as dead.
std::vector<cloud::container_ref> refs_for_endpoint_check(const target_context& at, const target& here);
endpoint_check judge_endpoint(const std::vector<cloud::ref_state>& states);

}  // namespace binding
