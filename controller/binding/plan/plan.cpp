#include "binding/plan/plan.hpp"

#include "binding/gates/preparation.hpp"
#include "binding/gates/put_in_doubt.hpp"
#include "binding/gates/stops.hpp"
#include "binding/gates/write_gates.hpp"
#include "binding/plan/assign.hpp"
#include "binding/plan/event_differences.hpp"
#include "binding/plan/report.hpp"
#include "binding/policies/deferrals.hpp"
#include "support/overloaded.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace binding {
namespace {

// Ends deletions that leave the listener as it is, which need no answer of the cloud (ownership).
std::optional<step> end_deletions_in_place(const observation& observation, const members& own)
{
    commit commit;
    for (const member& member : own)
    {
        const bool goes = is_left_in_place(member.object(), member.held());
        if (goes && !observation.unwritable.contains(member.object().uid))
        {
            commit.writes.push_back(
                {member.object().uid, write_kind::remove_finalizer, {}, events_of_release(observation, member)
                }
            );
        }
    }
    if (!commit.writes.empty())
    {
        return commit;
    }
    if (!std::ranges::all_of(own, [](const member& member) {
            return is_left_in_place(member.object(), member.held());
        }))
    {
        return std::nullopt;
    }
    // No binding is left that waits for the PUT. The target keeps its turn until the PUT can no longer take
    // effect.
    const auto& put = observation.state->puts.under_way;
    done end = put && observation.now < put->deadline ? done{requeue::after, put->deadline - observation.now}
                                                      : done{requeue::resync};
    return report(observation, {}, end);
}

// readable-before-write: the listener has to be read after the commits, and the certificates moments before
// the PUT.
std::optional<read> outdated_answers(const listener_update& update)
{
    const observation& observation = update.observation;
    read again;
    again.listener =
        observation.committed_at && observation.state->answers.listener->asked_at < *observation.committed_at;
    for (const member& member : update.members)
    {
        if (member.adds() && !is_fresh_certificate(observation, member.state->certificate->asked_at))
        {
            again.certificates.push_back(member.object().uid);
        }
    }
    return again.listener || !again.certificates.empty() ? std::optional(again) : std::nullopt;
}

// narrow-writes, the exception: the keys of unconfirmed entries are sent again, although they do not differ.
cloud::listener_change with_unconfirmed(const listener_update& update)
{
    cloud::listener_change change = update.slots.change;
    for (const member& member : update.members)
    {
        for (const attachment& entry : member.held().attachments)
        {
            if (entry.confirmed || member.is_peer() || member.request.left_in_place)
            {
                continue;
            }
            if (entry.slot == slot::default_)
            {
                change.default_ref = update.slots.after.default_ref;
            }
            else
            {
                change.sni_refs = update.slots.after.sni_refs;
            }
        }
    }
    return change;
}

put put_for(const listener_update& update)
{
    put put;
    put.change = update.repeat ? with_unconfirmed(update) : update.slots.change;
    put.from = update.view.slots;
    put.expected = update.slots.after;
    for (const member& member : update.members)
    {
        if (member.adds())
        {
            const certificate_binding& object = member.object();
            put.adds.push_back(
                {object.uid, object.spec.certificate_id, object.wanted_slot(), *member.request.ref}
            );
        }
    }
    put.events = events_of_put(update);
    return put;
}

// All gates are open: commit the ledgers, repeat the reads that are too old, then send the PUT.
step write_listener(const listener_update& update)
{
    const auto& unwritable = update.observation.unwritable;
    auto writes = writes_ahead(update);
    if (std::ranges::any_of(writes, [&](const write& write) { return unwritable.contains(write.uid); }))
    {
        // write-ahead: the entry of a peer cannot be committed now.
        const wait wait{{requeue::retry}};
        return report(update.observation, conclude_waiting(update, wait), wait.end);
    }
    if (!writes.empty())
    {
        return commit{std::move(writes)};
    }
    if (auto again = outdated_answers(update))
    {
        return std::move(*again);
    }
    return put_for(update);
}

bool lacks_default(const conclusions& conclusions)
{
    return std::ranges::any_of(conclusions, [](const conclusion& conclusion) {
        return conclusion.ready.reason == reason::no_default_certificate;
    });
}

// Nothing is to be written to the listener.
step finish(const listener_update& update)
{
    const observation& observation = update.observation;
    conclusions conclusions = conclude(update);
    done end = end_at_rest(observation, update.members);
    if (lacks_default(conclusions) && end.next != requeue::retry)
    {
        end.next = requeue::slow;
    }
    if (update.view.load_balancer == cloud::provisioning_status::pending)
    {
        end = {requeue::after, poll_wait(observation.state->answers.busy_polls, std::chrono::minutes(1))};
    }
    else if (!update.view.at_rest())
    {
        end = {requeue::slow};
    }
    return report(observation, conclusions, end);
}

// Finalizers of what the PUT will add are no promise of a PUT, so they are written before the changes are
// complete, and while another target has the turn. They wait until the changes are calm, because the API
// server has the changes to take until then. The ledgers wait for the turn, because after a crash an
// unconfirmed entry holds up its load balancer.
std::vector<write> finalizers_in_advance(const listener_update& update)
{
    std::set<support::uuid> added;
    for (const member& member : update.members)
    {
        if (member.adds())
        {
            added.insert(member.object().uid);
        }
    }
    auto writes = writes_ahead(update);
    std::erase_if(writes, [&](const write& write) {
        return write.kind != write_kind::add_finalizer || !added.contains(write.uid);
    });
    return writes;
}

step do_wait(const listener_update& update, const wait& wait)
{
    const bool is_calm =
        !update.observation.state->arrivals.first || update.observation.now >= when_calm(update.observation);
    if (is_calm && (wait.end.next == requeue::turn || wait.without_status))
    {
        if (auto writes = finalizers_in_advance(update); !writes.empty())
        {
            // The first target of the load balancer that is calm has the turn meanwhile, so that its writes
            // come first. With peers none has it before its changes are complete, because a peer that
            // verifies its ledger must not find the turn taken for nothing.
            const bool takes_turn =
                update.observation.turn == turn_state::free && update.observation.peers.empty();
            return takes_turn ? step(take_turn{}) : step(commit{std::move(writes)});
        }
    }
    return wait.without_status ? step(wait.end)
                               : report(update.observation, conclude_waiting(update, wait), wait.end);
}

step decide(
    const observation& observation,
    const listener_view& view,
    const members& own,
    bool put_resolved,
    std::set<cloud::container_ref> left_out
);

step next_step(const listener_update& update, const members& own)
{
    if (only_prepares(update.observation))
    {
        wait wait{wait_for_arrivals(update.observation)};
        wait.without_status = true;
        return do_wait(update, wait);
    }
    auto gate = first_write_gate(update);
    if (!gate)
    {
        return write_listener(update);
    }
    return std::visit(
        support::overloaded{
            [&](no_write) { return finish(update); },
            [&](read& wanted) { return step(std::move(wanted)); },
            [&](take_turn turn) { return step(turn); },
            [&](const wait& wait) { return do_wait(update, wait); },
            [&](leave_out& dead) {
                auto left_out = update.left_out;
                left_out.insert(dead.refs.begin(), dead.refs.end());
                return decide(update.observation, update.view, own, update.put_resolved, std::move(left_out));
            },
        },
        *gate
    );
}

// Decides about a listener without the dead refs `left_out`. next_step() calls this again with more of them;
// that ends, because each dead ref is added once.
step decide(
    const observation& observation,
    const listener_view& view,
    const members& own,
    bool put_resolved,
    std::set<cloud::container_ref> left_out
)
{
    members members = evaluate(observation, view.slots, own);
    auto assigned = assign(observation, view, members, left_out);
    if (std::holds_alternative<assignment>(assigned) && defer_half(observation, members))
    {
        assigned = assign(observation, view, members, left_out);
    }
    return std::visit(
        support::overloaded{
            [&](const assignment& slots) {
                return next_step(
                    {observation, view, members, slots, left_out, put_resolved, must_repeat(view, members)},
                    own
                );
            },
            [&](read& wanted) { return step(std::move(wanted)); },
            [&](const stop& stop) {
                return only_prepares(observation) ? step(wait_for_arrivals(observation))
                                                  : report(observation, stop.conclusions, stop.end);
            },
        },
        assigned
    );
}

}  // namespace

decision plan(const observation& observation)
{
    const members own = own_members(observation);
    if (auto over = end_deletions_in_place(observation, own))
    {
        return {std::move(*over)};
    }
    if (auto gate = first_stop(observation, own))
    {
        if (auto* wanted = std::get_if<read>(&*gate))
        {
            return {std::move(*wanted)};
        }
        if (const auto* end = std::get_if<stop>(&*gate))
        {
            return {report(observation, end->conclusions, end->end), end->put_resolved};
        }
        return {take_turn{}};
    }
    // The stops let the PUT pass that the state remembers, if there is one, so its outcome is known.
    const bool put_resolved = observation.state->puts.under_way.has_value();
    const auto protocol = stop_for_protocol(observation, own);
    return {
        protocol ? report(observation, protocol->conclusions, protocol->end)
                 : decide(observation, view_of(observation), own, put_resolved, {}),
        put_resolved,
        events_of_put_end(observation, own)
    };
}

}  // namespace binding
