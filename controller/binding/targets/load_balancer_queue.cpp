#include "binding/targets/load_balancer_queue.hpp"

#include <algorithm>

namespace binding {

turn_state load_balancer_queue::state(const load_balancer_key& which, const target& asking) const
{
    const auto found = lanes_.find(which);
    if (found == lanes_.end())
    {
        return turn_state::free;
    }
    const auto& [holder, turn, waiting] = found->second;
    if (holder)
    {
        return *holder == asking ? turn_state::ours : turn_state::taken;
    }
    return !turn || *turn == asking ? turn_state::free : turn_state::taken;
}

std::optional<target> load_balancer_queue::taken_by(const load_balancer_key& which) const
{
    const auto found = lanes_.find(which);
    if (found == lanes_.end())
    {
        return std::nullopt;
    }
    return found->second.holder ? found->second.holder : found->second.turn;
}

bool load_balancer_queue::take(const load_balancer_key& which, const target& taking)
{
    auto& [holder, turn, waiting] = lanes_[which];
    if (!holder && (!turn || *turn == taking))
    {
        holder = taking;
        turn.reset();
    }
    return holder == taking;
}

void load_balancer_queue::wait(const load_balancer_key& which, const target& waiting)
{
    auto& queue = lanes_[which].waiting;
    if (std::ranges::find(queue, waiting) == queue.end())
    {
        queue.push_back(waiting);
    }
}

bool load_balancer_queue::is_wanted(const load_balancer_key& which) const
{
    const auto found = lanes_.find(which);
    return found != lanes_.end() && !found->second.waiting.empty();
}

std::optional<target> load_balancer_queue::leave(const load_balancer_key& which, const target& leaving)
{
    const auto found = lanes_.find(which);
    return found == lanes_.end() || found->second.holder != leaving ? std::nullopt : next(found);
}

std::optional<target> load_balancer_queue::let_pass(const target& passing)
{
    const auto found =
        std::ranges::find_if(lanes_, [&](const auto& each) { return each.second.turn == passing; });
    return found == lanes_.end() ? std::nullopt : next(found);
}

std::optional<target> load_balancer_queue::next(entry which)
{
    auto& [holder, turn, waiting] = which->second;
    if (waiting.empty())
    {
        lanes_.erase(which);
        return std::nullopt;
    }
    holder.reset();
    turn = waiting.front();
    waiting.pop_front();
    return turn;
}

}  // namespace binding
