#include "binding/policies/overdue.hpp"

#include "binding/status/reported.hpp"

#include <string>

namespace binding {
namespace {

bool may_be_created(reason why)
{
    return why == reason::certificate_not_found || why == reason::listener_not_found ||
           why == reason::certificate_not_active || why == reason::no_default_certificate;
}

// The wait began at `since` and may last for `at_most`. A wait that was overdue before a restart still is.
bool has_lasted(
    const observation& observation,
    const member& member,
    reason cause,
    const std::optional<support::time_point>& since,
    support::duration at_most
)
{
    return since && (observation.now - *since >= at_most || is_stalled_by(member.object(), cause));
}

bool is_misdirected_for_long(const observation& observation, const member& member, reason cause)
{
    const support::duration grace = observation.settings->grace;
    return cause == reason::cloud_unavailable &&
           (has_lasted(observation, member, cause, observation.state->answers.misdirected_since, grace) ||
            has_lasted(observation, member, cause, member.state->certificate_misdirected_since, grace));
}

bool is_pending_for_long(const observation& observation, const member& member, reason cause)
{
    const bool waits = cause == reason::load_balancer_busy || cause == reason::progressing ||
                       cause == reason::cloud_unavailable;
    return waits && has_lasted(
                        observation,
                        member,
                        cause,
                        observation.state->answers.pending_since,
                        observation.settings->pending_at_most
                    );
}

}  // namespace

std::optional<support::duration> grace_left(const observation& observation, const member& member, reason why)
{
    const certificate_binding& object = member.object();
    if (!may_be_created(why) || is_stalled_by(object, why))
    {
        return std::nullopt;
    }
    const support::duration passed = member.state->generation_is_new
                                         ? observation.now - member.state->generation_since
                                         : support::duration(observation.wall - object.created);
    const support::duration left = observation.settings->grace - passed;
    return left > support::duration{} ? std::optional(left) : std::nullopt;
}

ready_status judge_wait(const observation& observation, const member& member, ready_status ready)
{
    const certificate_binding& object = member.object();
    // A status that is kept speaks of something else, unless it is the wait itself.
    if (ready.keep_status && !is_reported_as(object, ready.reason))
    {
        return ready;
    }
    const reason cause = cause_of(ready);
    if (is_pending_for_long(observation, member, cause))
    {
        ready.overdue = true;
        ready.message +=
            std::string(ready.message.empty() ? "" : "; ") +
            "the load balancer has been PENDING for half an hour or more, so ask the operator of "
            "the cloud to end or repair that change";
    }
    ready.overdue = ready.overdue || is_misdirected_for_long(observation, member, cause);
    ready.keep_status = ready.keep_status && !ready.overdue;
    return ready;
}

}  // namespace binding
