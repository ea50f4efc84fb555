#pragma once

#include "binding/observed/observation.hpp"
#include "binding/targets/pass_context.hpp"

#include <map>
#include <string>
#include <vector>

// readable-before-write, beyond the target's own listener: which other listeners a pass reads before a PUT,
// and what follows from the answers. The cloud reader does the reading.
//
// Flow: the load balancer lists its listeners. Those with a binding are read, and the refs on them looked up.
// Guarantees: the number of reads depends on what is on the load balancer, and not on what others have. A
//   listener that this process has read on the load balancer is read though the list lacks it, because a
//   database replica that lags behind, or a cache, may have given the list.
// Assumptions: a list lacks no listener that this process has not read there, if it has the target's own.
namespace binding {

// One of the other listeners, while it is read and judged.
struct judged_listener
{
    other_listener result;
    // The load balancer lists it. False: only this process has read it there.
    bool listed = true;
    std::vector<cloud::container_ref> refs = {};  // to look up: all on it, client CA and CRL included
};

// The listeners to read. If the list cannot be right, the only one is the target's own, with a doubt. Expects
// the answers about listener and load balancer of this pass in the facts of `here`.
std::vector<judged_listener> listeners_to_read(const target_context& at, const target& here);

// Expects that the facts of `here` have recorded the answer.
void judge_listener(
    const target_context& at,
    const target& here,
    const observed<cloud::answer<cloud::listener>>& answer,
    judged_listener& listener
);

// The refs that need not be looked up again on another listener, and when they were: those that a pass of the
// same credential found readable on the load balancer of `here`. It asked after the change arrived that the
// PUT carries, and settings::fresh_certificate ago at most. So whatever died before the change came is
// noticed.
std::map<cloud::container_ref, support::time_point> found_readable(
    const target_context& at, const target& here
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
