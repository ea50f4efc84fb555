#include "binding/observed/cloud_answers.hpp"

#include <utility>

namespace binding {

void cloud_answers::record_scope(observed<cloud::answer<cloud::project_scope>> answer)
{
    listener_requested = listener_requested || !answer.value;
    // A token that is still valid says nothing about the host of the listener.
    if (!answer.value)
    {
        record_misdirected(misdirected_since, answer);
    }
    scope = std::move(answer);
}

void cloud_answers::record_listener(observed<cloud::answer<cloud::listener>> answer, support::duration proof)
{
    const bool not_found = !answer.value && answer.value.error().kind == cloud::failure::not_found;
    const auto current_scope = scope && scope->value ? std::optional(*scope->value) : std::nullopt;
    if (!not_found)
    {
        gone_since.reset();
    }
    else if (!gone_since || gone_scope != current_scope)
    {
        gone_since = answer.asked_at;
        gone_scope = current_scope;
    }
    if (answer.value)
    {
        load_balancer_id = answer.value->load_balancer_id;
    }
    else if (gone_since && answer.asked_at - *gone_since >= proof)
    {
        load_balancer_id.reset();
    }
    listener_requested = true;
    record_misdirected(misdirected_since, answer);
    listener = std::move(answer);
}

void cloud_answers::record_load_balancer(
    observed<cloud::answer<cloud::load_balancer>> answer, bool put_under_way
)
{
    const bool pending = answer.value && answer.value->status == cloud::provisioning_status::pending;
    if (!put_under_way)
    {
        busy_polls = pending ? busy_polls + 1 : 0;
    }
    if (answer.value)
    {
        pending_since = pending ? std::optional(pending_since.value_or(answer.asked_at)) : std::nullopt;
    }
    load_balancer = std::move(answer);
}

void cloud_answers::forget_outdated_reads()
{
    listener.reset();
    load_balancer.reset();
}

void cloud_answers::forget_list_of_load_balancer()
{
    if (load_balancer && load_balancer->value)
    {
        load_balancer->value->listeners = {};
    }
}

void cloud_answers::forget_refs_except(const std::set<cloud::container_ref>& kept)
{
    std::erase_if(refs, [&](const auto& entry) { return !kept.contains(entry.first); });
}

const cloud::listener* cloud_answers::listener_read() const
{
    return listener && listener->value ? &*listener->value : nullptr;
}

void record_ref(
    observed_refs& refs, const cloud::container_ref& ref, support::time_point asked_at, cloud::ref_state state
)
{
    ref_observation& look_up = refs[ref];
    if (state != cloud::ref_state::dead)
    {
        look_up.dead_since.reset();
    }
    else if (!look_up.dead_since)
    {
        look_up.dead_since = asked_at;
    }
    look_up.asked_at = asked_at;
    look_up.state = state;
}

bool passes(const cloud::error& error)
{
    return error.kind == cloud::failure::transient || error.kind == cloud::failure::rate_limited;
}

bool is_refusal(const cloud::error& error)
{
    return error.kind == cloud::failure::not_found || error.kind == cloud::failure::access_denied;
}

}  // namespace binding
