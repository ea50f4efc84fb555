#include "binding/gates/put_in_doubt.hpp"

#include "binding/policies/certificates.hpp"
#include "binding/policies/eligibility.hpp"
#include "binding/status/reported.hpp"
#include "support/backoff.hpp"
#include "support/text.hpp"

#include <algorithm>

namespace binding {
namespace {

using namespace std::chrono_literals;

// Until the next look at a change that is under way; the first look may come soon (change_times).
constexpr support::duration shortest_wait = 2ms;

stop wait_in_doubt(const members& own, support::duration wait)
{
    return {
        conclude_each(
            own,
            [](conclusion& conclusion) {
                const certificate_binding& object = conclusion.of->object();
                conclusion.ready = status_for(
                    object,
                    reason::progressing,
                    "Octavia did not answer an earlier change of the listener, which may still take effect; "
                    "no other change is sent before its deadline"
                );
                // No binding becomes Ready before the outcome of the PUT is known. A binding that the PUT
                // does not touch keeps its status, and so does one whose credential was refused.
                const bool was_refused = is_reported_as(object, reason::listener_access_denied) ||
                                         is_reported_as(object, reason::credentials_invalid);
                conclusion.ready.keep_status =
                    is_reported(object) && (was_refused || !has_unconfirmed(conclusion.next));
            }
        ),
        {requeue::after, std::max(wait, shortest_wait)}
    };
}

stop wait_for_change(const observation& observation, const members& own, support::duration wait)
{
    return {
        conclude_each(
            own,
            [&](conclusion& conclusion) {
                const certificate_binding& object = conclusion.of->object();
                if (was_verified(object))
                {
                    conclusion.ready = unavailable(
                        observation,
                        *conclusion.of,
                        "the binding was not verified for three resync periods because the load balancer is "
                        "being changed"
                    );
                    return;
                }
                conclusion.ready =
                    status_for(object, reason::progressing, "the load balancer is being changed");
                conclusion.ready.keep_status = (is_reported(object) && !has_unconfirmed(conclusion.next)) ||
                                               is_reported_as(object, conclusion.ready.reason);
            }
        ),
        {requeue::after, wait}
    };
}

}  // namespace

std::optional<shut_stop_gate> put_under_way(const observation& observation, const members& own)
{
    const auto& put = observation.state->puts.under_way;
    if (!put)
    {
        return std::nullopt;
    }
    if (observation.turn == turn_state::free)
    {
        return take_turn{};
    }
    const listener_view view = view_of(observation);
    const support::duration poll = put->phase == put_phase::accepted
                                       ? std::max(put->next_look - observation.now, shortest_wait)
                                       : poll_wait(put->polls);
    const bool over = observation.state->answers.listener->asked_at >= put->deadline;
    // A listener in ERROR shows the value of a repeated PUT before the PUT takes effect.
    const bool took_effect =
        same_slots(view.slots, put->expected) && view.listener->status != cloud::provisioning_status::error;
    if (put->phase == put_phase::in_doubt && !over && !took_effect)
    {
        return wait_in_doubt(own, std::min(poll, put->deadline - observation.now));
    }
    if (put->phase == put_phase::before_start && !over)
    {
        return wait_in_doubt(own, put->deadline - observation.now);
    }
    if (view.load_balancer == cloud::provisioning_status::pending)
    {
        return wait_for_change(observation, own, poll);
    }
    return std::nullopt;
}

std::optional<shut_stop_gate> accepted_put_under_way(const observation& observation, const members& own)
{
    const target_facts& state = *observation.state;
    const auto& put = state.puts.under_way;
    if (!put || put->phase != put_phase::accepted || !state.answers.load_balancer_id)
    {
        return std::nullopt;
    }
    auto certificates = certificates_due(observation, own);
    if (put->next_look <= observation.now && is_stale(observation, state.answers.load_balancer))
    {
        return read{.load_balancer = true, .certificates = std::move(certificates)};
    }
    const auto& balancer = state.answers.load_balancer;
    const bool is_pending = balancer && !is_stale(observation, balancer) && balancer->value &&
                            balancer->value->status == cloud::provisioning_status::pending;
    if (put->next_look <= observation.now && !is_pending)
    {
        return std::nullopt;
    }
    if (!certificates.empty())
    {
        return read{.certificates = std::move(certificates)};
    }
    return wait_for_change(observation, own, std::max(put->next_look - observation.now, shortest_wait));
}

}  // namespace binding
