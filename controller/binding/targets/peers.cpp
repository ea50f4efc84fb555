#include "binding/targets/peers.hpp"

#include "binding/observed/target_state.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace binding {
namespace {

bool reads_listener(const target& where, const target_facts& facts)
{
    const auto& scope = facts.answers.scope;
    const bool logs_in = !scope || scope->value || passes(scope->value.error());
    return !where.credential.empty() && logs_in && facts.answers.listener_read() != nullptr;
}

// What an earlier process found out, where this one has not tried yet.
bool was_refused(const certificate_binding& object)
{
    const condition& ready = object.status[condition_type::ready];
    return ready.observed_generation == object.generation &&
           (ready.reason == reason::listener_access_denied || ready.reason == reason::credentials_invalid);
}

bool leaves_default(const target_facts& facts, const certificate_binding& object)
{
    const ledger& held = believed_ledger(facts, object);
    return object.deleting && std::ranges::any_of(held.attachments, [](const attachment& entry) {
               return entry.slot == slot::default_;
           });
}

// The refs on the listener, as this target has read it; 0: it has not.
std::size_t refs_on_listener(const target_context& at, const target& here)
{
    const target_facts* known = at.state.facts_of(here);
    const cloud::listener* listener = known == nullptr ? nullptr : known->answers.listener_read();
    return listener == nullptr ? 0 : count_refs(*listener);
}

// The latest deadline of a PUT through another target of the listener. A target without bindings counts too,
// because a binding whose credential changes leaves the PUT of its old target behind.
std::optional<support::time_point> last_put_deadline(
    const target_context& at, const target& here, std::size_t refs
)
{
    const auto& states = at.state.all();
    std::optional<support::time_point> last;
    for (auto entry = states.lower_bound({here.region, here.listener}); entry != states.end(); ++entry)
    {
        const auto& [other, state] = *entry;
        if (other.region != here.region || other.listener != here.listener)
        {
            break;
        }
        const auto& put = state.facts().puts.under_way;
        if (other == here || !same_listener(other, here) || !put)
        {
            continue;
        }
        const auto deadline = last_effect(*put, at.settings, refs);
        if (at.now < deadline)
        {
            last = std::max(last.value_or(at.now), deadline);
        }
    }
    return last;
}

}  // namespace

observed_peers observe_peers(const target_context& at, const target& here)
{
    static const target_facts nothing;
    observed_peers observed;
    const auto refs = refs_on_listener(at, here);
    observed.put_deadline = last_put_deadline(at, here, refs);
    const auto for_refs = at.settings.per_ref * static_cast<std::int64_t>(refs);
    for (const target& other : at.store.peers_of(here))
    {
        const target_facts* known = at.state.facts_of(other);
        const target_facts& facts = known == nullptr ? nothing : *known;
        const bool has_credential = !other.credential.empty();
        observed.unread = observed.unread || (has_credential && !facts.answers.listener_requested);
        const auto bindings = at.store.bindings_of(other);
        if (const auto until = deadline_of_others(bindings, at.settings, others_sent_until(at));
            facts.bindings.empty() && until && at.now < *until + for_refs)
        {
            observed.put_deadline = std::max(observed.put_deadline.value_or(at.now), *until + for_refs);
        }
        for (const certificate_binding* object : bindings)
        {
            peer peer;
            peer.object = object;
            peer.target = other;
            peer.state = &facts.binding(object->uid);
            peer.reads_listener = reads_listener(other, facts);
            peer.may_not_write = known != nullptr && !facts.puts.may_write.value_or(!was_refused(*object));
            const bool to_come = has_credential ? peer.reads_listener && !peer.state->certificate
                                                : at.credentials.why_none(*object).passes;
            observed.unread = observed.unread || (to_come && !object->deleting);
            observed.bindings.push_back(std::move(peer));
        }
    }
    std::ranges::sort(observed.bindings, [](const peer& a, const peer& b) {
        return older(*a.object, *b.object);
    });
    return observed;
}

void record_observed_peers(
    target_state& state,
    const std::vector<const certificate_binding*>& bindings,
    const observed_peers& peers,
    support::time_point now
)
{
    const bool default_is_given_up = std::ranges::any_of(bindings, [&](const certificate_binding* object) {
        return leaves_default(state.facts(), *object);
    });
    std::set<support::uuid> present;
    std::set<support::uuid> heirs;
    for (const peer& peer : peers.bindings)
    {
        present.insert(peer.object->uid);
        if (!peer.object->deleting && peer.object->wanted_slot() == slot::default_)
        {
            heirs.insert(peer.object->uid);
        }
    }
    state.record_peers(present, default_is_given_up ? std::optional(std::move(heirs)) : std::nullopt, now);
}

}  // namespace binding
