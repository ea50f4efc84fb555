// The ledgers: before a PUT, and after a read that no PUT can contradict.
#include "binding/observed/target_state.hpp"
#include "binding/plan/planner.hpp"

#include <algorithm>
#include <utility>

namespace binding {

using namespace std::chrono_literals;

namespace {

std::vector<attachment>::iterator find_entry(ledger& held, const cloud::container_ref& ref, slot where)
{
    return std::ranges::find_if(held.attachments, [&](const attachment& each) {
        return each.slot == where && each.container_ref == ref;
    });
}

bool holds_default(const ledger& held)
{
    return std::ranges::any_of(held.attachments, [](const attachment& each) {
        return each.slot == slot::default_;
    });
}

}  // namespace

ledger planner::ahead(std::size_t i)
{
    view& each = views_[i];
    const placement& settled = settled_.requests[i];
    ledger made = requests_[i].held;
    for (const attachment& gone : settled.removed)
    {
        const auto entry = find_entry(made, gone.container_ref, gone.slot);
        if (entry != made.attachments.end())
        {
            entry->confirmed = false;
        }
    }
    if (settled.placed)
    {
        hold(made, i, settled.shown);
    }
    made.scope = made.attachments.empty() ? each.object->status.ledger.scope : place_of(made, i);
    return made;
}

ledger planner::verified(std::size_t i)
{
    const placement& settled = settled_.requests[i];
    const bool live = !views_[i].object->deleting;
    ledger made = requests_[i].held;
    std::erase_if(made.attachments, [&](attachment& entry) {
        const bool there = shows(entry.container_ref, entry.slot);
        const bool wanted = live && requests_[i].ref && entry.slot == views_[i].object->wanted_slot() &&
                            requests_[i].ref == entry.container_ref;
        const bool loses = wanted && settled.winner != nullptr;
        if (!there)
        {
            return loses || !wanted || !entry.confirmed;
        }
        const bool waits = live && !settled.placed;  // rule 8: until the new one is in place
        const bool given_up = loses || (!wanted && !waits);
        if (given_up && passed_on(i, entry))
        {
            return true;
        }
        // Another credential's PUT that takes it off may be about to be sent (see ahead_of()).
        entry.confirmed = entry.confirmed || !w_.peer_has_turn;
        return false;
    });
    if (settled.placed && settled.shown)
    {
        hold(made, i, true);
    }
    if (!holds_default(made))
    {
        made.replaced_default_ref = {};  // only the memory beside a default entry counts
    }
    else if (live && made.replaced_default_ref.empty())
    {
        // It keeps the default though it never took it over: somebody wrote the entry. Without the memory
        // nobody else who holds the default could leave.
        made.replaced_default_ref = remembered_beside(i);
    }
    made.scope = made.attachments.empty() ? ledger_scope() : place_of(made, i);
    return made;
}

bool planner::passed_on(std::size_t i, const attachment& entry) const
{
    const cloud::container_ref& ref = entry.container_ref;
    const bool has_memory = entry.slot == slot::default_ && !requests_[i].held.replaced_default_ref.empty();
    for (std::size_t j = 0; j < requests_.size(); ++j)
    {
        const placement& other = settled_.requests[j];
        const certificate_binding& object = *requests_[j].object;
        const bool has_it =
            other.placed && other.shown && object.wanted_slot() == entry.slot && *requests_[j].ref == ref;
        const bool wants_it =
            requests_[j].ref && object.wanted_slot() == entry.slot && *requests_[j].ref == ref;
        const bool gives_it_up = wants_it && other.winner != nullptr;  // as this one may
        const bool waits_with_it =
            !object.deleting && !other.placed && !gives_it_up && holds(requests_[j].held, ref, entry.slot);
        const bool waits_as_last = other.kept_as_last && holds(requests_[j].held, ref, entry.slot);
        const ledger& committed = object.status.ledger;
        // In Kubernetes, and by us: not by the word of somebody else.
        const bool has_entry = holds(committed, ref, entry.slot) && holds(requests_[j].held, ref, entry.slot);
        const bool has_copy =
            object.has_finalizer() && has_entry && (!has_memory || !committed.replaced_default_ref.empty());
        if (j != i && (has_it || waits_with_it || waits_as_last) && has_copy)
        {
            return true;
        }
    }
    return false;
}

void planner::hold(ledger& made, std::size_t i, bool shown)
{
    const certificate_binding& object = *views_[i].object;
    const cloud::container_ref& ref = *requests_[i].ref;
    const auto entry = find_entry(made, ref, object.wanted_slot());
    const bool had_default = holds_default(requests_[i].held);
    if (entry == made.attachments.end())
    {
        const cloud::container_ref spelled = shown ? spelled_on_listener(ref, object.wanted_slot()) : ref;
        made.attachments.push_back({spelled, object.wanted_slot(), shown});
        if (shown)
        {
            tell(
                object,
                false,
                "Adopted",
                spelled.str() +
                    " was on the listener already; deleting this binding will detach it, deletionPolicy "
                    "Retain leaves it"
            );
        }
    }
    else if (!shown)
    {
        entry->confirmed = false;
    }
    if (object.wanted_slot() != slot::default_)
    {
        return;
    }
    if (settled_.default_ref == default_end::ours && now_.default_ref &&
        !is_ours_in(*now_.default_ref, slot::default_))
    {
        made.replaced_default_ref = *now_.default_ref;
    }
    else if (!had_default || made.replaced_default_ref.empty())
    {
        made.replaced_default_ref = remembered_beside(i);
    }
}

cloud::container_ref planner::remembered_beside(std::size_t taker) const
{
    for (std::size_t j = 0; j < requests_.size(); ++j)
    {
        const bool has_slot = j != taker && now_.default_ref && !requests_[j].released &&
                              holds(requests_[j].held, *now_.default_ref, slot::default_);
        if (has_slot && !requests_[j].held.replaced_default_ref.empty())
        {
            return requests_[j].held.replaced_default_ref;
        }
    }
    return {};
}

bool planner::shows(const cloud::container_ref& ref, slot where) const
{
    return holds(now_, ref, where);
}

cloud::container_ref planner::spelled_on_listener(const cloud::container_ref& ref, slot where) const
{
    if (where == slot::default_)
    {
        return *now_.default_ref;
    }
    return *std::ranges::find(now_.sni_refs, ref);
}

bool planner::is_ours_in(const cloud::container_ref& ref, slot where) const
{
    return std::ranges::any_of(requests_, [&](const slot_request& each) {
        return !each.released && holds(each.held, ref, where);
    });
}

bool planner::may_let_go(const cloud::container_ref& ref) const
{
    return std::ranges::any_of(requests_, [&](const slot_request& each) {
        const bool is_held = holds(each.held, ref, slot::default_) || holds(each.held, ref, slot::sni);
        return !each.released && is_held && same_cloud(each.held.scope, *m_.scope->value);
    });
}

bool planner::may_judge(const slot_request& each) const
{
    return !each.released && (!each.elsewhere || same_cloud(each.held.scope, *m_.scope->value));
}

ledger_scope planner::place_of(const ledger& made, std::size_t i) const
{
    const ledger_scope& before = requests_[i].held.scope;
    const bool in_question = !before.empty() && std::ranges::any_of(made.attachments, [&](const auto& entry) {
        return looks_dead(entry, views_[i]);
    });
    ledger_scope made_at = in_question || cannot_detach_with_borrowed_credential(views_[i]) ? before : place_;
    const bool all_before = requests_[i].held.attachments.empty() || before.by_controller;
    made_at.by_controller = place_.by_controller && all_before;  // of all entries, or of none
    return made_at;
}

bool planner::looks_dead(const attachment& entry, const view& each) const
{
    const auto seen = m_.refs.find(entry.container_ref);
    if (seen != m_.refs.end() && seen->second.state == cloud::ref_state::dead)
    {
        return true;
    }
    const auto* certificate = certificate_of(each);
    return certificate != nullptr && !*certificate &&
           certificate->error().kind == cloud::failure::not_found &&
           entry.container_ref.names(each.object->spec.certificate_id);
}

}  // namespace binding
