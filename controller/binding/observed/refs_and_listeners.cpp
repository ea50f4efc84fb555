// What was seen of container refs, and of other listeners of the load balancer.
#include "binding/observed/target_state.hpp"

#include <algorithm>
#include <set>

namespace binding {
namespace {

constexpr int other_listeners_kept = 3;  // times the age of a fresh look-up

}  // namespace

void record_ref(
    std::map<cloud::container_ref, ref_observation>& refs,
    const cloud::container_ref& ref,
    support::time_point asked_at,
    cloud::ref_state state
)
{
    ref_observation& seen = refs[ref];
    if (state != cloud::ref_state::dead)
    {
        seen.dead_since.reset();
    }
    else if (!seen.dead_since)
    {
        seen.dead_since = asked_at;
    }
    seen.asked_at = asked_at;
    seen.state = state;
}

void record_other_listener(
    target_state& memory,
    const target& other,
    const observed<cloud::answer<cloud::listener>>& seen,
    support::time_point now
)
{
    other_listener_state& view = memory.other_listeners[other];
    view.asked_at = seen.asked_at;
    view.timed_out = has_timed_out(seen.asked_at, now, seen.value);
    view.refused_in.reset();
    if (seen.value)
    {
        view.load_balancer_id = seen.value->load_balancer_id;
    }
    else if (is_refusal(seen.value.error()))
    {
        view.refused_in = *memory.scope->value;
    }
}

void forget_other_listeners(target_state& memory, const settings& settings, support::time_point now)
{
    std::erase_if(memory.other_listeners, [&](const auto& each) {
        return now - each.second.asked_at > other_listeners_kept * settings.fresh_lookup;
    });
}

void forget_refs(target_state& memory, const std::vector<const certificate_binding*>& bindings)
{
    if (!memory.listener || !memory.listener->value)
    {
        return;
    }
    const cloud::listener& listener = *memory.listener->value;
    std::set<cloud::container_ref> kept(listener.sni_refs.begin(), listener.sni_refs.end());
    for (const auto& ref : {listener.default_ref, listener.client_ca_ref, listener.client_crl_ref})
    {
        kept.insert(ref.value_or(cloud::container_ref()));
    }
    for (const certificate_binding* object : bindings)
    {
        const ledger& held = believed_ledger(memory, *object);
        kept.insert(held.replaced_default_ref);
        for (const attachment& entry : held.attachments)
        {
            kept.insert(entry.container_ref);
        }
    }
    std::erase_if(memory.refs, [&](const auto& each) { return !kept.contains(each.first); });
    std::erase_if(memory.refused_refs, [&](const auto& each) {
        const bool wanted = std::ranges::any_of(bindings, [&](const certificate_binding* object) {
            return each.first.names(object->spec.certificate_id);
        });
        return !wanted && !kept.contains(each.first);
    });
}

}  // namespace binding
