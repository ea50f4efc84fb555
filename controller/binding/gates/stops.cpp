// Flow: the gates are asked in the order of the table at the end of this file; each may rely on what those
// before it have let pass. A gate answers with what is to be read, or ends the pass with a conclusion for
// each binding. Guarantees: no certificate is detached and no ledger entry is given up here, but for a
// listener that is proven gone (proven-gone) or that holds no certificates at all (its protocol). Caveats: a
// Ready binding stays Ready through what passes by itself; see unavailable().
#include "binding/gates/stops.hpp"

#include "binding/gates/put_in_doubt.hpp"
#include "binding/policies/certificates.hpp"
#include "binding/policies/eligibility.hpp"
#include "binding/policies/failures.hpp"
#include "binding/slots/ledger.hpp"
#include "binding/status/reported.hpp"

#include <algorithm>
#include <utility>

namespace binding {
namespace {

using namespace std::chrono_literals;

using gate = std::optional<stop_gate>;

constexpr std::string_view terminated_https =
    "TERMINATED_HTTPS";  // the protocol of listeners with certificates

std::string ways_out_of_waiting(std::string_view instead)
{
    return std::string(instead) + " set spec.deletionPolicy to Retain, or annotate the binding with " +
           std::string(abandon_annotation) + "=\"true\"";
}

bool any_live(const members& own)
{
    return std::ranges::any_of(own, [](const member& member) { return !member.deleting(); });
}

ready_status without_credential(const observation& observation, const member& member)
{
    const certificate_binding& object = member.object();
    const missing_credential& missing = observation.missing.at(object.uid);
    if (missing.reason == reason::cloud_unavailable)
    {
        return unavailable(observation, member, missing.message);
    }
    ready_status status = status_for(object, missing.reason, missing.message);
    status.keep_status = missing.passes;
    status.attached = was_attached(object)                ? condition_status::true_
                      : member.held().attachments.empty() ? condition_status::false_
                                                          : condition_status::unknown;
    if (object.deleting)
    {
        status.message += ways_out_of_waiting("; or leave what it attached where it is:");
    }
    return status;
}

// What is attached stays; a deletion waits, and its message has the ways out.
gate no_credential(const observation& observation, const members& own)
{
    if (observation.missing.empty())
    {
        return std::nullopt;
    }
    return stop{
        conclude_each(own, [&](conclusion& each) { each.ready = without_credential(observation, *each.of); }),
        {requeue::resync}
    };
}

// unanswered-writes: nothing is concluded while a PUT of a peer may still take effect. The peer wakes this
// target when it has; that it was refused is seen here.
gate peer_put_in_doubt(const observation& observation, const members& own)
{
    if (!observation.peer_put_deadline)
    {
        return std::nullopt;
    }
    const auto until_deadline = *observation.peer_put_deadline - observation.now;
    return stop{
        conclude_each(
            own,
            [](conclusion& each) {
                const certificate_binding& object = each.of->object();
                each.ready = status_for(
                    object, reason::progressing, "the listener is being changed through another credential"
                );
                each.ready.keep_status = is_reported(object) && !has_unconfirmed(each.next);
            }
        ),
        {requeue::after, std::clamp<support::duration>(until_deadline, 10ms, 500ms)}
    };
}

gate scope_unread(const observation& observation, const members& own)
{
    const auto& scope = observation.state->scope;
    if (is_stale(observation, scope))
    {
        return read{.scope = true};
    }
    if (!scope->value)
    {
        return stop_for(observation, own, scope->value.error());
    }
    return std::nullopt;
}

// Side by side, as they do not depend on each other.
gate listener_or_certificates_unread(const observation& observation, const members& own)
{
    read wanted;
    wanted.listener = is_stale(observation, observation.state->listener);
    wanted.certificates = certificates_due(observation, own);
    return wanted.listener || !wanted.certificates.empty() ? gate(wanted) : std::nullopt;
}

// Whichever credential wrote there.
bool is_same_scope(const ledger_scope& recorded, const cloud::project_scope& current)
{
    return same_cloud(recorded, current) &&
           recorded.load_balancer_endpoint.view() == current.load_balancer_endpoint;
}

ready_status cloud_changed(
    const member& member, const cloud::project_scope& current, const cloud::error& error
)
{
    const ledger_scope& recorded = member.held().scope;
    return status_for(
        member.object(),
        reason::cloud_changed,
        "the certificate was attached through " + recorded.identity.str() + " (project " +
            recorded.project_id.str() + "), but the credential leads to " + current.identity + " (project " +
            current.project_id + ") now, where the listener cannot be read: " + error.message +
            "; put the old credential back, or annotate the binding with " + std::string(abandon_annotation) +
            "=\"true\" before deleting it"
    );
}

ready_status for_failure(const observation& observation, const member& member, const cloud::error& error)
{
    const reason why = listener_reason(error.kind);
    if (why == reason::cloud_unavailable)
    {
        return unavailable(observation, member, error.message);
    }
    ready_status status = status_for(member.object(), why, error.message);
    status.within_grace_period = is_within_grace_period(observation, member, why);
    return status;
}

done end_for_failure(const cloud::error& error)
{
    if (error.retry_after)
    {
        return {requeue::retry, *error.retry_after};
    }
    return {listener_reason(error.kind) == reason::cloud_unavailable ? requeue::retry : requeue::slow};
}

// The ledger was written through another cloud or project than the credential leads to now, which says
// nothing of what was attached there.
bool is_of_another_cloud(const observation& observation, const member& member)
{
    return !member.held().attachments.empty() &&
           !is_same_scope(member.held().scope, *observation.state->scope->value);
}

// proven-gone: gone is what the cloud itself said twice, apart. Each binding is judged by its own cloud and
// project.
stop listener_gone(const observation& observation, const members& own, const cloud::error& error)
{
    const target_state& state = *observation.state;
    const bool proven =
        state.gone_since && state.listener->asked_at - *state.gone_since >= observation.settings->proof;
    bool any_of_another_cloud = false;
    stop stop;
    stop.conclusions = conclude_each(own, [&](conclusion& each) {
        const certificate_binding& object = each.of->object();
        if (is_of_another_cloud(observation, *each.of))
        {
            any_of_another_cloud = true;
            each.ready = cloud_changed(*each.of, *state.scope->value, error);
            return;
        }
        each.ready =
            object.deleting
                ? status_for(object, reason::detaching, "the listener does not exist any more; making sure")
                : status_for(object, reason::listener_not_found, error.message);
        each.ready.within_grace_period =
            !object.deleting && is_within_grace_period(observation, *each.of, reason::listener_not_found);
        each.ready.attached = condition_status::false_;
        each.release = object.deleting && proven;
    });
    if (!proven)
    {
        stop.end = {requeue::after, observation.settings->proof};
        return stop;
    }
    // No PUT takes effect on what is not there, unless it was sent to the other cloud.
    stop.put_resolved = state.put.has_value() && !any_of_another_cloud;
    stop.end = {any_live(own) || any_of_another_cloud ? requeue::slow : requeue::resync};
    return stop;
}

// proven-gone: nothing is given up on the word of another cloud or project.
gate listener_unreadable(const observation& observation, const members& own)
{
    const target_state& state = *observation.state;
    const auto& answer = state.listener->value;
    if (answer)
    {
        return std::nullopt;
    }
    const cloud::error& error = answer.error();
    const bool is_certain = listener_reason(error.kind) != reason::cloud_unavailable;
    const auto cloud_has_changed = [&](const member& member) {
        return is_certain && is_of_another_cloud(observation, member);
    };
    // Which cloud a PUT in doubt went to is not known where the cloud of a ledger has changed.
    const bool in_doubt =
        std::ranges::any_of(own, cloud_has_changed) && state.put && observation.now < state.put->deadline;
    if (error.kind == cloud::failure::not_found && !in_doubt)
    {
        return listener_gone(observation, own, error);
    }
    return stop{
        conclude_each(
            own,
            [&](conclusion& each) {
                each.ready = cloud_has_changed(*each.of) ? cloud_changed(*each.of, *state.scope->value, error)
                                                         : for_failure(observation, *each.of, error);
            }
        ),
        end_for_failure(error)
    };
}

gate load_balancer_unread(const observation& observation, const members& own)
{
    const target_state& state = *observation.state;
    if (is_stale(observation, state.load_balancer))
    {
        return read{.load_balancer = true};
    }
    const auto& answer = state.load_balancer->value;
    if (!answer)
    {
        return stop_for(observation, own, answer.error());
    }
    const bool listener_pending = (*state.listener->value).status == cloud::provisioning_status::pending;
    if (answer->status == cloud::provisioning_status::active && listener_pending &&
        state.listener->asked_at < state.load_balancer->asked_at)
    {
        return read{.listener = true};  // the listener was read before the change ended
    }
    return std::nullopt;
}

gate own_put_under_way(const observation& observation, const members& own)
{
    return put_under_way(observation, own);
}

gate other_protocol(const observation& observation, const members& own)
{
    const listener_view view = view_of(observation);
    if (view.listener->protocol == terminated_https)
    {
        return std::nullopt;
    }
    return stop{
        conclude_each(
            own,
            [&](conclusion& each) {
                const certificate_binding& object = each.of->object();
                each.ready = status_for(
                    object,
                    reason::listener_protocol,
                    "the protocol of the listener is " + view.listener->protocol + "; certificates go on " +
                        std::string(terminated_https) + " listeners"
                );
                each.ready.attached = condition_status::false_;
                if (view.at_rest())
                {
                    std::erase_if(each.next.attachments, [&](const attachment& entry) {
                        return !view.shows(entry.container_ref, entry.slot);
                    });
                }
                each.release = object.deleting && each.next.attachments.empty();
            }
        ),
        {any_live(own) ? requeue::slow : requeue::resync}
    };
}

constexpr gate (*gates[])(const observation&, const members&) = {
    no_credential,
    peer_put_in_doubt,
    scope_unread,
    listener_or_certificates_unread,
    listener_unreadable,
    load_balancer_unread,
    own_put_under_way,
    other_protocol,
};

}  // namespace

std::optional<stop_gate> first_stop(const observation& observation, const members& own)
{
    for (const auto gate : gates)
    {
        if (auto shut = gate(observation, own))
        {
            return shut;
        }
    }
    return std::nullopt;
}

stop stop_for(const observation& observation, const members& own, const cloud::error& error)
{
    return {
        conclude_each(own, [&](conclusion& each) { each.ready = for_failure(observation, *each.of, error); }),
        end_for_failure(error)
    };
}

}  // namespace binding
