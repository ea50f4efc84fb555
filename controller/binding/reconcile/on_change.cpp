#include "binding/reconcile/on_change.hpp"

#include "binding/events/event_builders.hpp"

#include <algorithm>
#include <random>
#include <string>

namespace binding {
namespace {

constexpr support::duration at_once{};

void record_events(const object_changed& change, const change_parts& parts)
{
    const certificate_binding* before = change.before;
    const certificate_binding* after = change.after;
    if (before != nullptr && after != nullptr)
    {
        if (const auto new_state = change_of_state(*before, *after))
        {
            parts.events.record(*new_state);
        }
    }
    if (before != nullptr && change.target_before)
    {
        const auto left = left_behind(*before, parts.reconciler.facts_of(*change.target_before));
        const bool may_have_moved =
            parts.settings.divided && after == nullptr && before->has_finalizer() && !before->deleting;
        if (may_have_moved)
        {
            return;
        }
        if (const auto orphans = orphaned(*before, after, left))
        {
            parts.events.refs_orphaned(left.size());
            parts.events.record(*orphans);
        }
    }
    parts.expiry.changed(before, after);
}

// The peers of a target see its bindings, so they are woken with it.
void wake(const target& target, support::duration delay, const change_parts& parts)
{
    const auto wake_one = [&](const binding::target& which) {
        parts.reconciler.record_wake(which);
        parts.enqueue(which, runtime::urgency::urgent, delay);
    };
    wake_one(target);
    std::ranges::for_each(parts.index.peers_of(target), wake_one);
}

// The binding before the change, if it is of the same target.
const certificate_binding* same_before(const object_changed& change)
{
    return change.is_credential_only() || change.target_before != change.target_after ? nullptr
                                                                                      : change.before;
}

// A binding came to the target, or its spec changed, or its deletion began.
bool arrives(const object_changed& change)
{
    const certificate_binding* before = same_before(change);
    return before == nullptr || before->generation != change.after->generation ||
           before->deleting != change.after->deleting;
}

// Somebody asked for something that the target has to do.
bool asks(const object_changed& change)
{
    const certificate_binding* before = same_before(change);
    const certificate_binding& after = *change.after;
    return arrives(change) || before->abandoned != after.abandoned ||
           before->requested_at != after.requested_at ||
           (before->has_finalizer() && !after.has_finalizer() && !after.deleting);
}

bool was_emptied(const object_changed& change)
{
    const certificate_binding* before = same_before(change);
    return before != nullptr && before->status.identified && !change.after->status.identified;
}

bool changes_ledger(const object_changed& change)
{
    const certificate_binding* before = same_before(change);
    return before == nullptr || before->status.ledger != change.after->status.ledger;
}

void wake_target_after(const object_changed& change, const change_parts& parts)
{
    const target& which = *change.target_after;
    const certificate_binding& object = *change.after;
    const bool asked = asks(change);
    if (!asked && parts.reconciler.is_own_write(object))
    {
        return;
    }
    const target_facts* facts = parts.reconciler.facts_of(which);
    const auto of_single = facts == nullptr ? parts.single_has_foreign_ledger(object) : std::nullopt;
    const bool foreign =
        facts != nullptr ? has_foreign_ledger(facts->binding(object.uid), object) : of_single.value_or(false);
    const auto now = parts.clock.now();
    if (!asked && (was_emptied(change) || (foreign && changes_ledger(change))))
    {
        wake(which, parts.foreign.record(which, now), parts);
    }
    else if (!asked && foreign)
    {
        // Another change, while the foreign ledger waits for its answer.
        wake(which, parts.foreign.wait(which, now), parts);
    }
    else if (!asked && of_single && !changes_ledger(change))
    {
        return;  // what this process wrote, or what its next check corrects
    }
    else if (const auto delay = requeue_delay(change, facts, parts.settings))
    {
        wake(which, *delay, parts);
    }
}

void wake_targets(const object_changed& change, const change_parts& parts)
{
    if (change.target_before && change.target_before != change.target_after)
    {
        wake(*change.target_before, at_once, parts);
    }
    if (change.target_after)
    {
        wake_target_after(change, parts);
    }
}

// Somebody waits for a binding that is being deleted, or whose last change is not in its status yet.
bool is_waited_for(const certificate_binding& binding)
{
    return binding.deleting || binding.status.observed_generation != binding.generation;
}

// Whether nothing is left to do for the binding, as its status says.
bool rests(const certificate_binding& binding)
{
    return is_ready(binding) && !is_waited_for(binding) && !binding.abandoned &&
           binding.requested_at.view() == binding.status.handled_request.view() &&
           std::ranges::all_of(binding.status.ledger.attachments, &attachment::confirmed);
}

support::duration random_delay(const change_parts& parts)
{
    std::uniform_int_distribution<support::duration::rep> any(0, parts.settings.resync_period.count());
    return support::duration(any(parts.random));
}

}  // namespace

void on_change(const object_changed& change, const change_parts& parts)
{
    // Events are recorded before the hand-over, because the old target knows what the binding leaves behind.
    record_events(change, parts);
    // The hand-over comes before the wake-up, because the new target must know the binding in its next pass.
    parts.reconciler.hand_over(change);
    if (change.target_after)
    {
        // Whatever changed, in the status too, the next routine check compares it with the cloud.
        parts.reconciler.record_wake(*change.target_after);
    }
    // The bindings of a target are not complete before all are listed; on_all_listed() wakes every target
    // then.
    if (parts.index.ready())
    {
        wake_targets(change, parts);
    }
}

void on_all_listed(const change_parts& parts)
{
    for (const target& target : parts.index.targets())
    {
        const auto bindings = parts.index.bindings_of(target);
        const bool urgent =
            std::ranges::any_of(bindings, [](const auto* binding) { return is_waited_for(*binding); });
        const bool at_rest =
            std::ranges::all_of(bindings, [](const auto* binding) { return rests(*binding); });
        parts.enqueue(
            target,
            urgent ? runtime::urgency::urgent : runtime::urgency::routine,
            at_rest ? random_delay(parts) : at_once
        );
    }
}

std::optional<support::duration> requeue_delay(
    const object_changed& change, const target_facts* facts, const settings& settings
)
{
    if (facts == nullptr)
    {
        return at_once;
    }
    // The first change to arrive has woken the target. Those that follow share a pass when they are calm,
    // which prepares the PUT. Where passes have seen arrivals for long, or read the listener for a peer each
    // time, one pass is enough for all that come while they settle.
    if (arrives(change) && facts->arrivals.first)
    {
        const bool prepares =
            facts->arrivals.last - *facts->arrivals.first < settings.settle_at_most && !facts->peers.since;
        return prepares ? settings.settle / 2 : settings.settle;
    }
    const bool is_our_ledger = facts->binding(change.after->uid).held == change.after->status.ledger;
    return asks(change) || was_emptied(change) || !is_our_ledger ? std::optional(at_once) : std::nullopt;
}

}  // namespace binding
