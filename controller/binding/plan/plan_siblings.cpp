// Rule 14: the bindings of other credentials on the same listener.
#include "binding/plan/planner.hpp"

#include <algorithm>
#include <utility>

namespace binding {

using namespace std::chrono_literals;

namespace {

constexpr support::duration heir_within = 60s;
constexpr support::duration peers_within = 10s;

}  // namespace

void planner::request_for_peers()
{
    for (const peer& each : w_.peers)
    {
        const certificate_binding& object = *each.object;
        const view its{each.object, each.memory, {}, each.memory->held.value_or(object.status.ledger), false};
        slot_request made;
        made.object = each.object;
        made.elsewhere = true;
        made.helpless = !each.reads_listener || each.may_not_write;
        made.held = its.next;
        if (object.deleting)
        {
            made.released = !object.has_finalizer() || object.spec.retain || object.abandoned;
            made.leaving = !made.released;
        }
        else
        {
            made.ref = wanted_ref(its);
            const auto heir = m_.heirs_since.find(object.uid);
            const bool late = heir != m_.heirs_since.end() && w_.now - heir->second >= heir_within;
            made.attachable = made.ref && !made.helpless && !late && !why_not(its);
        }
        requests_.push_back(std::move(made));
    }
}

std::optional<support::duration> planner::next_late_heir() const
{
    std::optional<support::duration> soonest;
    for (const auto& [uid, since] : m_.heirs_since)
    {
        const support::duration left = since + heir_within - w_.now;
        if (left > support::duration{})
        {
            soonest = std::min(soonest.value_or(left), left);
        }
    }
    return soonest;
}

std::optional<step> planner::wait_for_peers()
{
    if (!w_.peer_put_deadline)
    {
        return std::nullopt;
    }
    for (view& each : views_)
    {
        say(each, progress_reason(each), "the listener is being changed through another credential");
        each.said.keep_status = was_told(each) && !mentions_unconfirmed(each);
    }
    // They wake us when it has taken effect; that it was refused is seen here.
    return write_then(
        ended(requeue::after, std::clamp<support::duration>(*w_.peer_put_deadline - w_.now, 10ms, 500ms))
    );
}

std::optional<step> planner::wait_until_peers_have_read()
{
    if (!w_.peers_unread || w_.now - m_.peers_since.value_or(w_.now) >= peers_within)
    {
        return std::nullopt;
    }
    for_affected([&](view& each) {
        say(each, progress_reason(each), "another credential has to look at the listener first");
    });
    return write_then(ended(requeue::after, 500ms));
}

const peer* planner::peer_that_holds(const cloud::container_ref& ref, slot where) const
{
    const auto found = std::ranges::find_if(w_.peers, [&](const peer& each) {
        return holds(each.memory->held.value_or(each.object->status.ledger), ref, where);
    });
    return found == w_.peers.end() ? nullptr : &*found;
}

std::optional<step> planner::stop_at_what_is_not_ours_to_send()
{
    if (!settled_.change.sni_refs)
    {
        return std::nullopt;
    }
    for (const cloud::container_ref& ref : *settled_.change.sni_refs)
    {
        const peer* owner = peer_that_holds(ref, slot::sni);
        const ref_observation* seen = fresh_observation(ref);
        if (owner != nullptr && seen != nullptr && seen->state != cloud::ref_state::readable)
        {
            return blocked(
                "Octavia takes a list of certificates only from who may read all of them, and " + ref.str() +
                    " of binding " + owner->object->full_name() +
                    " cannot be read with this credential; give this credential's user the right to, or use "
                    "one credential for both",
                requeue::slow
            );
        }
    }
    return std::nullopt;
}

}  // namespace binding
