#include "binding/targets/peers.hpp"

#include "binding/observed/target_state.hpp"

#include <algorithm>
#include <utility>

namespace binding {
namespace {

bool reads_listener(const target& where, const target_state& memory)
{
    const bool logs_in = !memory.scope || memory.scope->value || passes(memory.scope->value.error());
    return !where.credential.empty() && logs_in && memory.listener && memory.listener->value;
}

// What an earlier process found out, where this one has not tried yet.
bool was_refused(const certificate_binding& object)
{
    const condition& ready = object.status[condition_type::ready];
    return ready.observed_generation == object.generation &&
           (ready.reason == reason::listener_access_denied || ready.reason == reason::credentials_invalid);
}

bool leaves_default(const target_state& memory, const certificate_binding& object)
{
    const ledger& held = believed_ledger(memory, object);
    return object.deleting && std::ranges::any_of(held.attachments, [](const attachment& entry) {
               return entry.slot == slot::default_;
           });
}

// What the refs on the listener add to a deadline that was reckoned without them (unanswered-writes), as we
// read them.
support::duration time_for_refs(const pass_context& at, const target& here)
{
    const target_state* known = at.state.find(here);
    if (known == nullptr || !known->listener || !known->listener->value)
    {
        return {};
    }
    const cloud::listener& listener = *known->listener->value;
    const auto refs = listener.sni_refs.size() + (listener.default_ref ? 1 : 0);
    return at.settings.per_ref * static_cast<std::int64_t>(refs);
}

// With bindings or without: one that has another credential from now on leaves its target's PUT behind.
std::optional<support::time_point> last_put_deadline(
    const pass_context& at, const target& here, support::duration for_refs
)
{
    const auto& memories = at.state.all();
    std::optional<support::time_point> last;
    for (auto each = memories.lower_bound({here.region, here.listener}); each != memories.end(); ++each)
    {
        const auto& [where, memory] = *each;
        if (where.region != here.region || where.listener != here.listener)
        {
            break;
        }
        if (where == here || !same_listener(where, here) || !memory.put)
        {
            continue;
        }
        const bool uncounted = memory.put->phase == put_phase::before_start && !memory.put->refs_counted;
        const auto deadline = memory.put->deadline + (uncounted ? for_refs : support::duration{});
        if (at.now < deadline)
        {
            last = std::max(last.value_or(at.now), deadline);
        }
    }
    return last;
}

}  // namespace

observed_peers observe_peers(const pass_context& at, const target& here)
{
    static const binding_state nothing;
    observed_peers seen;
    const auto for_refs = time_for_refs(at, here);
    seen.put_deadline = last_put_deadline(at, here, for_refs);
    for (const target& where : at.store.peers_of(here))
    {
        const target_state* memory = at.state.find(where);
        const bool has_credential = !where.credential.empty();
        seen.unread = seen.unread || (has_credential && (memory == nullptr || !memory->tried));
        const auto bindings = at.store.bindings_of(where);
        if (const auto until = deadline_before_start(bindings, at.settings, at.state.started());
            (memory == nullptr || memory->bindings.empty()) && until && at.now < *until + for_refs)
        {
            seen.put_deadline = std::max(seen.put_deadline.value_or(at.now), *until + for_refs);
        }
        for (const certificate_binding* object : bindings)
        {
            peer made;
            made.object = object;
            made.target = where;
            made.state = &nothing;
            if (memory != nullptr)
            {
                const auto remembered = memory->bindings.find(object->uid);
                made.state = remembered == memory->bindings.end() ? &nothing : &remembered->second;
                made.reads_listener = reads_listener(where, *memory);
                made.may_not_write = !memory->may_write.value_or(!was_refused(*object));
            }
            const bool to_come = has_credential ? made.reads_listener && !made.state->certificate
                                                : at.credentials.why_none(*object).passes;
            seen.unread = seen.unread || (to_come && !object->deleting);
            seen.bindings.push_back(made);
        }
    }
    std::ranges::sort(seen.bindings, [](const peer& a, const peer& b) {
        return older(*a.object, *b.object);
    });
    return seen;
}

void record_peers(
    target_state& memory,
    const std::vector<const certificate_binding*>& bindings,
    const observed_peers& peers,
    support::time_point now
)
{
    if (peers.bindings.empty())
    {
        memory.peers_since.reset();
    }
    else if (!memory.peers_since)
    {
        memory.peers_since = now;
    }
    const bool inherits =
        std::ranges::any_of(bindings, [&](const auto* each) { return leaves_default(memory, *each); });
    std::erase_if(memory.heirs_since, [&](const auto& each) {
        return !inherits || std::ranges::none_of(peers.bindings, [&](const peer& other) {
            return other.object->uid == each.first;
        });
    });
    for (const peer& each : peers.bindings)
    {
        if (inherits && !each.object->deleting && each.object->wanted_slot() == slot::default_)
        {
            memory.heirs_since.try_emplace(each.object->uid, now);
        }
    }
}

}  // namespace binding
