// Flow: the gates are asked in the order of the table at the end of this file, so each gate relies on the
// gates before it. A gate that is shut asks for a read, or ends the pass with a conclusion for each binding.
// Guarantees: no certificate is detached and no ledger entry is given up here, unless the listener is proven
// gone (proven-gone) or its protocol has no certificates.
// Caveats: a Ready binding stays Ready through failures that end by themselves; see unavailable().
#include "binding/gates/stops.hpp"

#include "binding/gates/preparation.hpp"
#include "binding/gates/put_in_doubt.hpp"
#include "binding/policies/certificates.hpp"
#include "binding/policies/eligibility.hpp"
#include "binding/policies/failures.hpp"
#include "binding/policies/overdue.hpp"
#include "binding/slots/ledger.hpp"
#include "binding/status/reported.hpp"

#include <algorithm>
#include <utility>

namespace binding {
namespace {

using namespace std::chrono_literals;

using gate = std::optional<shut_stop_gate>;

// The protocol of listeners with certificates.
constexpr std::string_view terminated_https = "TERMINATED_HTTPS";

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
        status.message +=
            ways_out_of_waiting("; to leave the attached certificates on the listener instead,");
    }
    return status;
}

// What is attached stays. A deletion waits, and its message names the ways out.
gate no_credential(const observation& observation, const members& own)
{
    if (observation.missing.empty())
    {
        return std::nullopt;
    }
    return stop{
        conclude_each(
            own,
            [&](conclusion& conclusion) {
                conclusion.ready = without_credential(observation, *conclusion.of);
            }
        ),
        {requeue::resync}
    };
}

// The listener belongs to another controller. What is attached stays, and nothing is written, unless all that
// is left here is being deleted: then a change takes nothing away but what the ledgers hold.
gate divided_listener(const observation& observation, const members& own)
{
    if (!observation.divided || !any_live(own))
    {
        return std::nullopt;
    }
    return stop{
        conclude_each(
            own,
            [&](conclusion& conclusion) {
                const certificate_binding& object = conclusion.of->object();
                conclusion.ready = status_for(object, reason::conflict, *observation.divided);
                conclusion.ready.attached =
                    was_attached(object) ? condition_status::true_ : condition_status::unknown;
                if (object.deleting)
                {
                    conclusion.ready.message +=
                        ways_out_of_waiting("; to leave the attached certificates on the listener,");
                }
            }
        ),
        {requeue::slow}
    };
}

// unanswered-writes: nothing is concluded while a PUT of a peer may still take effect. The peer wakes this
// target when the PUT took effect. That the PUT was refused is noticed only by coming back here.
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
            [](conclusion& conclusion) {
                const certificate_binding& object = conclusion.of->object();
                conclusion.ready = status_for(
                    object, reason::progressing, "the listener is being changed through another credential"
                );
                conclusion.ready.keep_status = is_reported(object) && !has_unconfirmed(conclusion.next);
            }
        ),
        {requeue::after, std::clamp<support::duration>(until_deadline, 10ms, 500ms)}
    };
}

// Whether the answer is to be asked for in this pass.
template <class T>
bool is_unread(const observation& observation, const std::optional<observed<T>>& last)
{
    return is_stale(observation, last) && !only_prepares(observation);
}

gate scope_unread(const observation& observation, const members& own)
{
    const auto& scope = observation.state->answers.scope;
    if (is_unread(observation, scope))
    {
        return read{.scope = true};
    }
    if (!scope->value)
    {
        return stop_for(observation, own, scope->value.error());
    }
    return std::nullopt;
}

// They are read at the same time, because none depends on another but for the id of the load balancer.
gate listener_or_certificates_unread(const observation& observation, const members& own)
{
    const auto& answers = observation.state->answers;
    read wanted;
    wanted.listener = is_unread(observation, answers.listener);
    wanted.load_balancer = wanted.listener && is_unread(observation, answers.load_balancer);
    wanted.certificates = certificates_due(observation, own);
    return wanted.listener || !wanted.certificates.empty() ? gate(wanted) : std::nullopt;
}

// Compares cloud and project; the credential does not matter.
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
    ready_status status =
        status_for(member.object(), why, listener_message(error, member.object(), known_scope(observation)));
    status.within_grace_period = grace_left(observation, member, why).has_value();
    return status;
}

done end_for_failure(const cloud::error& error)
{
    if (error.kind == cloud::failure::no_endpoint)
    {
        return {requeue::slow, 1min};  // the catalog is asked for again as often
    }
    if (error.retry_after)
    {
        return {requeue::retry, *error.retry_after};
    }
    return {listener_reason(error.kind) == reason::cloud_unavailable ? requeue::retry : requeue::slow};
}

// The ledger was written for another cloud or project than the one that the credential leads to now. Answers
// of the present one say nothing about the attached certificates.
bool is_of_another_cloud(const observation& observation, const member& member)
{
    return !member.held().attachments.empty() &&
           !is_same_scope(member.held().scope, *observation.state->answers.scope->value);
}

// proven-gone: a listener is gone if the cloud itself answered 404 twice, some time apart. The 404 counts
// only for bindings whose ledger was written for the same cloud and project.
stop listener_gone(const observation& observation, const members& own, const cloud::error& error)
{
    const target_facts& state = *observation.state;
    const bool proven =
        state.answers.gone_since &&
        state.answers.listener->asked_at - *state.answers.gone_since >= observation.settings->proof;
    bool any_of_another_cloud = false;
    stop stop;
    stop.conclusions = conclude_each(own, [&](conclusion& conclusion) {
        const certificate_binding& object = conclusion.of->object();
        if (is_of_another_cloud(observation, *conclusion.of))
        {
            any_of_another_cloud = true;
            conclusion.ready = cloud_changed(*conclusion.of, *state.answers.scope->value, error);
            return;
        }
        conclusion.ready = object.deleting ? status_for(
                                                 object,
                                                 reason::detaching,
                                                 "the listener does not exist any more; the controller reads "
                                                 "it once more before it ends the deletion"
                                             )
                                           : status_for(
                                                 object,
                                                 reason::listener_not_found,
                                                 listener_message(error, object, known_scope(observation))
                                             );
        conclusion.ready.within_grace_period =
            !object.deleting &&
            grace_left(observation, *conclusion.of, reason::listener_not_found).has_value();
        conclusion.ready.attached = condition_status::false_;
        conclusion.release = object.deleting && proven;
    });
    if (!proven)
    {
        stop.end = {requeue::after, observation.settings->proof};
        return stop;
    }
    // A PUT cannot take effect on a listener that is gone, unless it was sent to another cloud.
    stop.put_resolved = state.puts.under_way.has_value() && !any_of_another_cloud;
    stop.end = {any_live(own) || any_of_another_cloud ? requeue::slow : requeue::resync};
    return stop;
}

// proven-gone: an answer of another cloud or project never ends a ledger entry.
gate listener_unreadable(const observation& observation, const members& own)
{
    const target_facts& state = *observation.state;
    const auto& answer = state.answers.listener->value;
    if (answer)
    {
        return std::nullopt;
    }
    const cloud::error& error = answer.error();
    const bool is_certain = listener_reason(error.kind) != reason::cloud_unavailable;
    const auto cloud_has_changed = [&](const member& member) {
        return is_certain && is_of_another_cloud(observation, member);
    };
    // If the cloud of a ledger has changed, it is unknown to which cloud a PUT in doubt was sent.
    const bool in_doubt = std::ranges::any_of(own, cloud_has_changed) && state.puts.under_way &&
                          observation.now < state.puts.under_way->deadline;
    if (error.kind == cloud::failure::not_found && !in_doubt)
    {
        return listener_gone(observation, own, error);
    }
    return stop{
        conclude_each(
            own,
            [&](conclusion& conclusion) {
                conclusion.ready = cloud_has_changed(*conclusion.of)
                                       ? cloud_changed(*conclusion.of, *state.answers.scope->value, error)
                                       : for_failure(observation, *conclusion.of, error);
            }
        ),
        end_for_failure(error)
    };
}

gate load_balancer_unread(const observation& observation, const members& own)
{
    const target_facts& state = *observation.state;
    const support::uuid& here = (*state.answers.listener->value).load_balancer_id;
    const auto& read_last = state.answers.load_balancer;
    if (is_unread(observation, read_last) || (read_last->value && read_last->value->id != here))
    {
        return read{.load_balancer = true};
    }
    const auto& answer = read_last->value;
    if (!answer)
    {
        return stop_for(observation, own, answer.error());
    }
    const bool listener_pending =
        (*state.answers.listener->value).status == cloud::provisioning_status::pending;
    if (answer->status == cloud::provisioning_status::active && listener_pending &&
        state.answers.listener->asked_at < state.answers.load_balancer->asked_at)
    {
        return read{.listener = true};  // the listener was read before the change ended
    }
    return std::nullopt;
}

// A read that contradicts what Octavia showed or accepted before may come from a database replica that lags
// behind. The listener is read again before anything follows from the difference.
gate listener_contradicted(const observation& observation, const members& own)
{
    const auto& since = observation.state->answers.agreed.contradicted_since;
    if (!since)
    {
        return std::nullopt;
    }
    const auto wait = *since + observation.settings->replica_lag - observation.now;
    return stop{
        conclude_each(
            own,
            [](conclusion& conclusion) {
                const certificate_binding& object = conclusion.of->object();
                conclusion.ready = status_for(
                    object,
                    reason::progressing,
                    "the listener differs from what Octavia showed before; the controller reads it once more"
                );
                conclusion.ready.keep_status = is_reported(object);
            }
        ),
        {requeue::after, std::max<support::duration>(wait, 10ms)}
    };
}

gate own_put_accepted(const observation& observation, const members& own)
{
    return accepted_put_under_way(observation, own);
}

gate own_put_under_way(const observation& observation, const members& own)
{
    return put_under_way(observation, own);
}

constexpr gate (*in_order[])(const observation&, const members&) = {
    no_credential,
    peer_put_in_doubt,
    scope_unread,
    own_put_accepted,
    listener_or_certificates_unread,
    listener_unreadable,
    load_balancer_unread,
    own_put_under_way,
    divided_listener,
    listener_contradicted,
};

}  // namespace

std::optional<shut_stop_gate> first_stop(const observation& observation, const members& own)
{
    for (const auto gate : in_order)
    {
        if (auto shut = gate(observation, own))
        {
            return shut;
        }
    }
    return std::nullopt;
}

std::optional<stop> stop_for_protocol(const observation& observation, const members& own)
{
    const listener_view view = view_of(observation);
    if (view.listener->protocol == terminated_https)
    {
        return std::nullopt;
    }
    return stop{
        conclude_each(
            own,
            [&](conclusion& conclusion) {
                const certificate_binding& object = conclusion.of->object();
                conclusion.ready = status_for(
                    object,
                    reason::listener_protocol,
                    "the protocol of the listener is " + view.listener->protocol +
                        "; bind the certificate to a " + std::string(terminated_https) + " listener"
                );
                conclusion.ready.attached = condition_status::false_;
                if (view.at_rest())
                {
                    std::erase_if(conclusion.next.attachments, [&](const attachment& entry) {
                        return !view.shows(entry.container_ref, entry.slot);
                    });
                }
                conclusion.release = object.deleting && conclusion.next.attachments.empty();
            }
        ),
        {any_live(own) ? requeue::slow : requeue::resync}
    };
}

stop stop_for(const observation& observation, const members& own, const cloud::error& error)
{
    return {
        conclude_each(
            own,
            [&](conclusion& conclusion) {
                conclusion.ready = for_failure(observation, *conclusion.of, error);
            }
        ),
        end_for_failure(error)
    };
}

}  // namespace binding
