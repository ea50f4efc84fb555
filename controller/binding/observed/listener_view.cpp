#include "binding/observed/listener_view.hpp"

#include <algorithm>

namespace binding {

bool listener_view::shows(const cloud::container_ref& ref, slot in) const
{
    return holds(slots, ref, in);
}

listener_view view_of(const observation& observation)
{
    const target_facts& state = *observation.state;
    const cloud::listener& listener = *state.answers.listener->value;
    const bool changing = listener.status == cloud::provisioning_status::pending;
    return {
        *state.answers.scope->value,
        &listener,
        slots_of(listener),
        changing ? cloud::provisioning_status::pending : state.answers.load_balancer->value->status,
    };
}

const cloud::project_scope* known_scope(const observation& observation)
{
    const auto& scope = observation.state->answers.scope;
    return scope && scope->value ? &*scope->value : nullptr;
}

const ref_observation* fresh_ref(const observation& observation, const cloud::container_ref& ref)
{
    const auto& refs = observation.state->answers.refs;
    const auto it = refs.find(ref);
    const bool fresh = it != refs.end() && it->second.asked_at >= observation.pass_started &&
                       is_fresh_lookup(observation, it->second.asked_at);
    return fresh ? &it->second : nullptr;
}

bool is_fresh_lookup(const observation& observation, support::time_point asked_at)
{
    return observation.now - asked_at <=
           std::max(observation.settings->fresh_lookup, 4 * observation.longest_read);
}

bool is_fresh_certificate(const observation& observation, support::time_point asked_at)
{
    return observation.now - asked_at <=
           std::max(observation.settings->fresh_certificate, 2 * observation.longest_certificate_read);
}

bool is_dead(const observation& observation, const ref_observation& ref)
{
    return ref.state == cloud::ref_state::dead && ref.dead_since &&
           ref.asked_at - *ref.dead_since >= observation.settings->proof;
}

}  // namespace binding
