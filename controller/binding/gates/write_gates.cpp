// Flow: the gates are asked for one PUT, in the order of the table at the end of this file. The order
// matters:
//   1. A PUT that is not needed, or would surely fail, ends the pass before another target has to wait for
//      it.
//   2. The target takes its turn in the load-balancer queue when little else than the refs can stop the PUT.
//      For finalizers it takes the turn before (do_wait in plan/plan).
//   3. The refs are looked up during the turn, because no other target changes the load balancer then. One
//      ref is looked up before: a recorded default, because assign() cannot decide without it.
//   4. Ledgers are committed last (plan/ledgers), so that no entry is written for a PUT that is not sent.
// Guarantees: nothing is written to the listener while a gate is shut. A PUT passes all gates in one pass.
// Assumptions: the answers of this pass are in the observation, and an answer about a ref is fresh
// (fresh_ref).
// Caveats: a gate may be shut for long (people, another cloud), so each gate names when the target is
// reconciled again.
#include "binding/gates/write_gates.hpp"

#include "binding/gates/peer_credentials.hpp"
#include "binding/gates/preparation.hpp"
#include "binding/gates/unreadable_refs.hpp"
#include "binding/policies/failures.hpp"
#include "support/backoff.hpp"

#include <algorithm>
#include <utility>

namespace binding {
namespace {

using namespace std::chrono_literals;

using gate = std::optional<shut_write_gate>;

gate nothing_to_write(const listener_update& update)
{
    const bool cleans_up = update.observation.state->cleanup_requested;
    return update.changes() || update.repeat || cleans_up ? std::nullopt : gate(no_write{});
}

// Most turns come soon. A status that tells of the wait costs the API server as much as the one that follows,
// so the bindings that wait have it only where the change has waited for as long as people notice. Before
// that, the target is looked at when the changes are calm.
wait wait_for_turn(const listener_update& update)
{
    wait wait{{requeue::turn}};
    const arrivals& arrivals = update.observation.state->arrivals;
    if (!arrivals.first)
    {
        return wait;
    }
    const settings& settings = *update.observation.settings;
    const auto told_at = *arrivals.first + settings.silent_wait;
    const auto calm = when_calm(update.observation);
    wait.silent = update.observation.now < told_at;
    if (wait.silent)
    {
        const bool waits_for_calm = update.observation.now < calm && update.observation.peers.empty();
        wait.end.wait = (waits_for_calm ? calm : told_at) - update.observation.now;
    }
    return wait;
}

gate load_balancer_pending(const listener_update& update)
{
    if (update.view.load_balancer != cloud::provisioning_status::pending)
    {
        return std::nullopt;
    }
    if (!update.changes() && !update.repeat)
    {
        return no_write{};
    }
    if (update.observation.turn == turn_state::taken)
    {
        // Another target's change is under way, and others wait behind it. Polls could miss every gap.
        return wait_for_turn(update);
    }
    return wait{
        {requeue::after, poll_wait(update.observation.state->answers.busy_polls)},
        reason::load_balancer_busy,
        "the load balancer is PENDING because of another change; waiting until it is ACTIVE"
    };
}

// Shut without a message, because conclude() names the error.
gate in_error_or_deleted(const listener_update& update)
{
    const bool writable = update.view.load_balancer == cloud::provisioning_status::active &&
                          update.view.listener->status != cloud::provisioning_status::deleted;
    return writable ? std::nullopt : gate(no_write{});
}

// quarantine: Octavia refuses every change without naming a ref, although the PUT adds none of ours.
gate every_change_refused(const listener_update& update)
{
    const auto& refused = update.observation.state->refusals.blocked;
    if (!refused || update.observation.now >= refused->until)
    {
        return std::nullopt;
    }
    return blocked(refused->message, {requeue::after, refused->until - update.observation.now});
}

// A PUT that failed is not sent again in the same pass. Its error is reported, and another pass sends it.
gate put_failed_in_this_pass(const listener_update& update)
{
    const auto& failure = update.observation.state->puts.last_error;
    if (!failure || failure->asked_at < update.observation.pass_started)
    {
        return std::nullopt;
    }
    const cloud::error& error = failure->value;
    if (error.kind == cloud::failure::refused)
    {
        return wait{{requeue::after, 10ms}};  // the next pass sends the PUT without the refused certificate
    }
    const reason why =
        error.kind == cloud::failure::busy ? reason::load_balancer_busy : listener_reason(error.kind);
    const bool passes = why == reason::load_balancer_busy || why == reason::cloud_unavailable;
    done end{passes ? requeue::retry : requeue::slow};
    if (error.retry_after)
    {
        end = {requeue::retry, *error.retry_after};
    }
    return wait{std::move(end), why, error.message};
}

gate unanswered_puts(const listener_update& update)
{
    const auto& unanswered = update.observation.state->refusals.unanswered;
    if (!unanswered || update.observation.now >= unanswered->until)
    {
        return std::nullopt;
    }
    return wait{
        {requeue::after, unanswered->until - update.observation.now},
        reason::cloud_unavailable,
        unanswered->message
    };
}

// A target that has just written waits for the other targets of its load balancer.
gate turn_wanted_by_others(const listener_update& update)
{
    const bool has_written = update.observation.put_ended || update.put_resolved;
    return update.observation.turn_is_wanted && has_written ? gate(wait{{requeue::after, 10ms}})
                                                            : std::nullopt;
}

gate changes_still_arriving(const listener_update& update)
{
    const target_facts& state = *update.observation.state;
    if (!state.arrivals.first ||
        update.observation.now >= state.arrivals.quiet_at(*update.observation.settings))
    {
        return std::nullopt;
    }
    wait wait{wait_for_arrivals(update.observation)};
    wait.without_status = true;
    return wait;
}

gate repeated_too_soon(const listener_update& update)
{
    const auto& next = update.observation.state->puts.next_error_put;
    if (!update.repeat || !next || update.observation.now >= *next)
    {
        return std::nullopt;
    }
    wait wait{
        {requeue::after, *next - update.observation.now},
        reason::listener_error,
        "the listener is in ERROR after a change of the controller; the controller sends the change again"
    };
    wait.concerns_attached = true;
    return wait;
}

gate turn_not_ours(const listener_update& update)
{
    switch (update.observation.turn)
    {
        case turn_state::taken:
            return wait_for_turn(update);
        case turn_state::free:
            return take_turn{};
        case turn_state::ours:
            break;
    }
    return std::nullopt;
}

// The cleanup that another target asked for has nothing to remove.
gate nothing_to_clean_up(const listener_update& update)
{
    return update.changes() || update.repeat ? std::nullopt : gate(no_write{});
}

// write-ahead: the PUT would remove an entry of a binding that cannot be written in Kubernetes now.
gate lost_entry_unwritable(const listener_update& update)
{
    const auto loses_entry = [&](const member& member) {
        return std::ranges::any_of(member.held().attachments, [&](const attachment& entry) {
            return is_removed(update, entry);
        });
    };
    for (const member& member : update.members)
    {
        const bool concerns_us = !member.is_peer() && !member.request.left_in_place;
        if (concerns_us && update.observation.unwritable.contains(member.object().uid) && loses_entry(member))
        {
            return wait{{requeue::retry}};
        }
    }
    return std::nullopt;
}

constexpr gate (*in_order[])(const listener_update&) = {
    nothing_to_write,
    load_balancer_pending,
    in_error_or_deleted,
    every_change_refused,
    put_failed_in_this_pass,
    unanswered_puts,
    turn_wanted_by_others,
    changes_still_arriving,
    repeated_too_soon,
    peers_have_not_read,
    turn_not_ours,
    unreadable_refs,
    refused_refs_that_stay,
    unreadable_refs_on_other_listeners,
    nothing_to_clean_up,
    ref_of_peer_unreadable,
    lost_entry_unwritable,
};

}  // namespace

bool must_repeat(const listener_view& view, const members& members)
{
    return view.listener->status == cloud::provisioning_status::error &&
           view.load_balancer == cloud::provisioning_status::active &&
           std::ranges::any_of(members, [](const member& member) {
               return !member.is_peer() && !member.request.left_in_place && has_unconfirmed(member.held());
           });
}

bool is_removed(const listener_update& update, const attachment& entry)
{
    return !holds(update.slots.after, entry.container_ref, entry.slot) &&
           update.view.shows(entry.container_ref, entry.slot);
}

bool is_added(const listener_update& update, const attachment& entry)
{
    return holds(update.slots.after, entry.container_ref, entry.slot) &&
           !update.view.shows(entry.container_ref, entry.slot);
}

std::optional<shut_write_gate> first_write_gate(const listener_update& update)
{
    for (const auto gate : in_order)
    {
        if (auto shut = gate(update))
        {
            return shut;
        }
    }
    return std::nullopt;
}

}  // namespace binding
