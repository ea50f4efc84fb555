#include "binding/targets/reconcile_state.hpp"

#include <utility>

namespace binding {

const target_state* reconcile_state::find(const target& which) const
{
    const auto known = targets_.find(which);
    return known == targets_.end() ? nullptr : &known->second;
}

target_state* reconcile_state::find(const target& which)
{
    const auto known = targets_.find(which);
    return known == targets_.end() ? nullptr : &known->second;
}

std::optional<target> reconcile_state::forget(const target& which)
{
    const auto next = leave_turn(which);
    targets_.erase(which);
    slow_passes_.erase(which);
    cleanup_requests_.erase(which);
    return next;
}

void reconcile_state::hand_over(const target& from, const target& to, const support::uuid& uid)
{
    const auto old = targets_.find(from);
    if (from == to || old == targets_.end() || !old->second.bindings.contains(uid))
    {
        return;
    }
    binding_state known = std::move(old->second.bindings.at(uid));
    old->second.bindings.erase(uid);
    known.certificate.reset();
    known.certificate_polls = 0;
    known.quarantine.reset();  // Octavia before 11.0.1 refuses it for application credentials alone
    target_state& state = targets_[to];
    state.bindings.insert_or_assign(uid, std::move(known));
    const auto& put = old->second.put;
    if (put && put->phase == put_phase::before_start && !state.put)
    {
        state.put = put;
    }
}

int reconcile_state::count_slow_pass(const target& which, bool is_slow)
{
    int& slow = slow_passes_[which];
    slow = is_slow ? slow + 1 : 0;
    return slow;
}

// ---- turns at the load balancers ----

std::optional<load_balancer_key> reconcile_state::queue_key(const target& which) const
{
    const target_state* state = find(which);
    if (state == nullptr || !state->listener || !state->listener->value)
    {
        return std::nullopt;
    }
    return load_balancer_key{which.region, state->listener->value->load_balancer_id, which.identity};
}

turn_state reconcile_state::turn(const target& which) const
{
    if (held_turns_.contains(which))
    {
        return turn_state::ours;
    }
    const auto key = queue_key(which);
    return key ? queue_.state(*key, which) : turn_state::free;
}

bool reconcile_state::peer_has_turn(const target& which) const
{
    if (turn(which) != turn_state::taken)
    {
        return false;
    }
    const auto holder = queue_.taken_by(*queue_key(which));
    return holder && same_listener(*holder, which);
}

bool reconcile_state::is_turn_wanted(const target& which) const
{
    const auto held = held_turns_.find(which);
    return held != held_turns_.end() && queue_.is_wanted(held->second);
}

void reconcile_state::take_turn(const target& which)
{
    const auto key = queue_key(which);
    if (key && queue_.take(*key, which))
    {
        held_turns_[which] = *key;
    }
}

void reconcile_state::wait_for_turn(const target& which)
{
    if (const auto key = queue_key(which))
    {
        queue_.wait(*key, which);
    }
}

std::optional<target> reconcile_state::leave_turn_unless_written(const target& which, support::time_point now)
{
    const target_state* state = find(which);
    const bool may_take_effect = state != nullptr && state->put && now < state->put->deadline;
    if (may_take_effect && held_turns_.contains(which))
    {
        return std::nullopt;
    }
    return leave_turn(which);
}

std::optional<target> reconcile_state::leave_turn(const target& which)
{
    const auto held = held_turns_.find(which);
    if (held == held_turns_.end())
    {
        return queue_.let_pass(which);
    }
    const auto key = held->second;
    held_turns_.erase(held);
    return queue_.leave(key, which);
}

}  // namespace binding
