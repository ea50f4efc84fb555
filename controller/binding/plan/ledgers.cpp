// Flow: a ledger entry is committed unconfirmed (ledger_ahead) -> the PUT is sent -> a read at rest confirms
// the entry or gives it up (verified_ledger).
// Guarantees: a PUT adds, moves, removes, repairs or replaces a ref only after its entry was committed as
// unconfirmed (write-ahead). An entry is given up while its ref is on the listener only if another binding
// has committed the ref and the recorded default (never-without-default).
// Assumptions: verified_ledger is called only at rest, while no PUT of this target or of a peer is in doubt.
// Caveats: the recorded foreign default travels with the default slot, so an heir commits a copy before the
// entry of the leaving binding is given up.
#include "binding/plan/ledgers.hpp"

#include "binding/policies/certificates.hpp"
#include "binding/slots/ledger.hpp"
#include "binding/status/reported.hpp"

#include <algorithm>

namespace binding {
namespace {

ledger_scope compact(const cloud::project_scope& scope, bool by_controller)
{
    return {
        support::interned(scope.identity),
        support::interned(scope.project_id),
        support::interned(scope.region),
        support::interned(scope.load_balancer_endpoint),
        by_controller,
    };
}

// The binding wants the ref in the slot, assigned or not.
bool wants(const member& member, const cloud::container_ref& ref, slot in)
{
    return member.request.ref == ref && member.object().wanted_slot() == in;
}

// The certificate service answers 404 through this credential, for the ref or for the binding's certificate.
bool looks_dead(const observation& observation, const member& member, const attachment& entry)
{
    const auto& refs = observation.state->answers.refs;
    const auto it = refs.find(entry.container_ref);
    if (it != refs.end() && it->second.state == cloud::ref_state::dead)
    {
        return true;
    }
    const auto* certificate = certificate_of(member);
    return certificate != nullptr && !*certificate &&
           certificate->error().kind == cloud::failure::not_found &&
           entry.container_ref.names(member.object().spec.certificate_id);
}

// The cloud and project to record with the ledger. A ref that looks dead through this credential may be alive
// in the recorded scope, so the recorded scope stays.
ledger_scope scope_of(const listener_update& update, const member& member, const ledger& written)
{
    const observation& observation = update.observation;
    const ledger_scope& recorded = member.held().scope;
    const bool in_question =
        !recorded.empty() && std::ranges::any_of(written.attachments, [&](const attachment& entry) {
            return looks_dead(observation, member, entry);
        });
    const bool controllers = observation.controllers_credential;
    ledger_scope scope = in_question || cannot_detach_with_borrowed_credential(observation, member)
                             ? recorded
                             : compact(update.view.scope, controllers);
    // by_controller is set only if it holds for all entries.
    scope.by_controller = controllers && (member.held().attachments.empty() || recorded.by_controller);
    return scope;
}

// The recorded default beside the entry of the binding that has the default slot now.
cloud::container_ref recorded_default_of_others(const listener_update& update, const member& taker)
{
    const auto& default_ref = update.view.slots.default_ref;
    for (const member& other : update.members)
    {
        const bool has_slot = &other != &taker && default_ref && !other.request.left_in_place &&
                              holds(other.held(), *default_ref, slot::default_);
        if (has_slot && !other.held().replaced_default_ref.empty())
        {
            return other.held().replaced_default_ref;
        }
    }
    return {};
}

// The ref as the listener spells it.
cloud::container_ref spelled_on_listener(
    const listener_slots& slots, const cloud::container_ref& ref, slot in
)
{
    return in == slot::default_ ? *slots.default_ref : *std::ranges::find(slots.sni_refs, ref);
}

// The ledger with an entry for the binding's certificate, and beside a default entry with the recorded
// default, which travels with the slot.
ledger with_own_entry(const listener_update& update, const member& member, ledger ledger)
{
    const slot wanted = member.object().wanted_slot();
    const cloud::container_ref& ref = *member.request.ref;
    const bool present = member.placement.present;
    attachment* entry = find_entry(ledger, ref, wanted);
    if (entry == nullptr)
    {
        ledger.attachments.push_back(
            {present ? spelled_on_listener(update.view.slots, ref, wanted) : ref, wanted, present}
        );
    }
    else if (!present)
    {
        entry->confirmed = false;
    }
    if (wanted != slot::default_)
    {
        return ledger;
    }
    const auto& default_ref = update.view.slots.default_ref;
    if (update.slots.default_ref == default_end::ours && default_ref &&
        !is_ours(update.members, *default_ref, slot::default_))
    {
        ledger.replaced_default_ref = *default_ref;
    }
    else if (!holds_default(member.held()) || ledger.replaced_default_ref.empty())
    {
        ledger.replaced_default_ref = recorded_default_of_others(update, member);
    }
    return ledger;
}

// never-without-default: another binding keeps the ref in that slot, and the controller itself has committed
// its entry and the recorded default.
bool is_passed_on(const listener_update& update, const member& leaver, const attachment& entry)
{
    const cloud::container_ref& ref = entry.container_ref;
    const bool has_recorded_default =
        entry.slot == slot::default_ && !leaver.held().replaced_default_ref.empty();
    const auto keeps_ref = [&](const member& other) {
        const placement& placement = other.placement;
        const bool wanted = wants(other, ref, entry.slot);
        const bool is_attached = wanted && placement.placed && placement.present;
        // gapless-rotation: its old ref stays until the new one is attached. A binding that loses the slot to
        // a winner gives the ref up as well.
        const bool loses = wanted && placement.winner != nullptr;
        const bool rotates = !other.deleting() && !placement.placed && !loses;
        return is_attached || rotates || placement.kept_as_last;
    };
    const auto is_committed = [&](const member& other) {
        const ledger& committed = other.object().status.ledger;
        return other.object().has_finalizer() && holds(other.held(), ref, entry.slot) &&
               holds(committed, ref, entry.slot) &&
               (!has_recorded_default || !committed.replaced_default_ref.empty());
    };
    return std::ranges::any_of(update.members, [&](const member& other) {
        return &other != &leaver && keeps_ref(other) && is_committed(other);
    });
}

enum class entry_end
{
    given_up,
    kept,
};

// Whether an entry is kept or given up after a read at rest.
entry_end end_of(const listener_update& update, const member& member, const attachment& entry)
{
    const bool live = !member.deleting();
    const bool wanted = live && wants(member, entry.container_ref, entry.slot);
    const bool loses = wanted && member.placement.winner != nullptr;
    if (!update.view.shows(entry.container_ref, entry.slot))
    {
        return loses || !wanted || !entry.confirmed ? entry_end::given_up : entry_end::kept;
    }
    // gapless-rotation: the old ref stays until the new one is attached.
    const bool waits = live && !member.placement.placed;
    const bool may_give_up = loses || (!wanted && !waits);
    return may_give_up && is_passed_on(update, member, entry) ? entry_end::given_up : entry_end::kept;
}

// Octavia refused the last PUT to this credential. Before the first PUT of the process the status of the
// bindings decides.
bool was_refused_to_write(const listener_update& update)
{
    const auto is_reported_refused = [](const member& member) {
        return !member.is_peer() && is_reported_as(member.object(), reason::listener_access_denied);
    };
    return !update.observation.state->puts.may_write.value_or(
        std::ranges::none_of(update.members, is_reported_refused)
    );
}

}  // namespace

bool is_ours(const members& members, const cloud::container_ref& ref, slot in)
{
    return std::ranges::any_of(members, [&](const member& member) {
        return !member.request.left_in_place && holds(member.held(), ref, in);
    });
}

ledger ledger_ahead(const listener_update& update, const member& member)
{
    ledger ahead = member.held();
    for (const attachment& removed : member.placement.removed)
    {
        if (attachment* entry = find_entry(ahead, removed.container_ref, removed.slot))
        {
            entry->confirmed = false;
        }
    }
    for (attachment& entry : ahead.attachments)
    {
        // Not only what the binding wants: also a recorded default that goes back and is in the ledger, too.
        entry.confirmed = entry.confirmed && !is_added(update, entry);
    }
    if (member.placement.placed)
    {
        ahead = with_own_entry(update, member, std::move(ahead));
    }
    ahead.scope =
        ahead.attachments.empty() ? member.object().status.ledger.scope : scope_of(update, member, ahead);
    return ahead;
}

ledger verified_ledger(const listener_update& update, const member& member)
{
    ledger verified = member.held();
    std::erase_if(verified.attachments, [&](const attachment& entry) {
        return end_of(update, member, entry) == entry_end::given_up;
    });
    for (attachment& entry : verified.attachments)
    {
        // While a peer has the turn, a PUT that removes the ref may be about to be sent; see
        // peer_write_ahead().
        const bool shown = update.view.shows(entry.container_ref, entry.slot);
        entry.confirmed = entry.confirmed || (shown && !update.observation.peer_has_turn);
    }
    if (member.placement.placed && member.placement.present)
    {
        verified = with_own_entry(update, member, std::move(verified));
    }
    if (!holds_default(verified))
    {
        verified.replaced_default_ref = {};  // only a default recorded beside a default entry counts
    }
    else if (!member.deleting() && verified.replaced_default_ref.empty())
    {
        // Another client wrote the default entry, so the binding keeps a default that it never took over.
        // Without the recorded default no other binding that holds the default could leave.
        verified.replaced_default_ref = recorded_default_of_others(update, member);
    }
    verified.scope = verified.attachments.empty() ? ledger_scope() : scope_of(update, member, verified);
    return verified;
}

std::optional<write> peer_write_ahead(const listener_update& update, const peer& peer)
{
    const ledger held = believed_ledger(*peer.state, *peer.object);
    status wanted = peer.object->status;
    wanted.ledger = held;
    bool is_concerned = false;
    for (attachment& entry : wanted.ledger.attachments)
    {
        const bool is_changed = is_removed(update, entry) || is_added(update, entry);
        is_concerned = is_concerned || is_changed;
        entry.confirmed = entry.confirmed && !is_changed;
    }
    // Somebody else may have written over the entry in status.
    const bool is_committed = wanted.ledger == held && wanted.ledger == peer.object->status.ledger;
    // The repetition of a PUT that was refused changes nothing for the peer.
    if (!is_concerned || is_committed || was_refused_to_write(update))
    {
        return std::nullopt;
    }
    wanted.updated_at = update.observation.wall;
    return write{peer.object->uid, write_kind::status, std::move(wanted)};
}

}  // namespace binding
