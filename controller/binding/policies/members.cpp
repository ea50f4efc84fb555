#include "binding/policies/certificates.hpp"
#include "binding/policies/deferrals.hpp"
#include "binding/policies/eligibility.hpp"
#include "binding/policies/member.hpp"
#include "binding/slots/ledger.hpp"

#include <algorithm>
#include <utility>

namespace binding {
namespace {

using namespace std::chrono_literals;

void evaluate_own(const observation& observation, const listener_slots& slots, member& member)
{
    const bool unwritable = observation.unwritable.contains(member.object().uid);
    slot_request& request = member.request;
    if (member.deleting())
    {
        request.left_in_place = is_left_in_place(member.object(), member.held());
        request.leaving = !request.left_in_place;
        member.deferral = request.leaving ? deferred_removal(observation, slots, member) : std::nullopt;
        request.unwritable =
            request.leaving && (unwritable || cannot_detach_with_borrowed_credential(observation, member));
        return;
    }
    request.ref = wanted_ref(member, slots);
    member.obstacle = why_not_attachable(observation, member);
    request.attachable = request.ref && !member.obstacle;
    member.deferral = request.attachable ? deferred_addition(observation, slots, member) : std::nullopt;
    request.deferred = unwritable || member.deferral;
}

// The peer's own target writes for the peer. Here only the refs count that the peer holds and wants.
member evaluate_peer(const observation& observation, const listener_slots& slots, const peer& peer)
{
    const certificate_binding& object = *peer.object;
    member member;
    member.state = peer.state;
    slot_request& request = member.request;
    request.object = peer.object;
    request.held = believed_ledger(*peer.state, object);
    request.of_peer = true;
    request.cannot_act = !peer.reads_listener || peer.may_not_write;
    if (object.deleting)
    {
        request.left_in_place = !object.has_finalizer() || object.spec.retain || object.abandoned;
        request.leaving = !request.left_in_place;
        return member;
    }
    request.ref = wanted_ref(member, slots);
    member.obstacle = why_not_attachable(observation, member);
    request.attachable =
        request.ref && !request.cannot_act && !is_late_heir(observation, object.uid) && !member.obstacle;
    return member;
}

}  // namespace

members own_members(const observation& observation)
{
    members own;
    for (const certificate_binding* object : observation.bindings)
    {
        if (object->deleting && !object->has_finalizer())
        {
            continue;
        }
        member& added = own.emplace_back();
        added.state = &observation.state->binding(object->uid);
        added.request.object = object;
        added.request.held = believed_ledger(*added.state, *object);
    }
    return own;
}

members evaluate(const observation& observation, const listener_slots& slots, members own)
{
    for (member& member : own)
    {
        evaluate_own(observation, slots, member);
    }
    for (const peer& peer : observation.peers)
    {
        own.push_back(evaluate_peer(observation, slots, peer));
    }
    return own;
}

bool has_unconfirmed(const ledger& held)
{
    return !std::ranges::all_of(held.attachments, &attachment::confirmed);
}

bool is_left_in_place(const certificate_binding& object, const ledger& held)
{
    return object.deleting && (object.spec.retain || object.abandoned || held.attachments.empty());
}

bool cannot_detach_with_borrowed_credential(const observation& observation, const member& member)
{
    return observation.borrowed.contains(member.object().uid) &&
           !same_cloud(member.held().scope, *observation.state->answers.scope->value);
}

}  // namespace binding
