#include "binding/reconcile/load_balancer_queue.hpp"

#include <algorithm>

namespace binding {

lane_state lanes::state(const lane& which, const target& asking) const
{
    const auto found = lanes_.find(which);
    if (found == lanes_.end())
    {
        return lane_state::free;
    }
    const auto& [holder, turn, waiting] = found->second;
    if (holder)
    {
        return *holder == asking ? lane_state::ours : lane_state::taken;
    }
    return !turn || *turn == asking ? lane_state::free : lane_state::taken;
}

std::optional<target> lanes::taken_by(const lane& which) const
{
    const auto found = lanes_.find(which);
    if (found == lanes_.end())
    {
        return std::nullopt;
    }
    return found->second.holder ? found->second.holder : found->second.turn;
}

bool lanes::take(const lane& which, const target& taking)
{
    auto& [holder, turn, waiting] = lanes_[which];
    if (!holder && (!turn || *turn == taking))
    {
        holder = taking;
        turn.reset();
    }
    return holder == taking;
}

void lanes::wait(const lane& which, const target& waiting)
{
    auto& queue = lanes_[which].waiting;
    if (std::ranges::find(queue, waiting) == queue.end())
    {
        queue.push_back(waiting);
    }
}

bool lanes::is_wanted(const lane& which) const
{
    const auto found = lanes_.find(which);
    return found != lanes_.end() && !found->second.waiting.empty();
}

std::optional<target> lanes::leave(const lane& which, const target& leaving)
{
    const auto found = lanes_.find(which);
    return found == lanes_.end() || found->second.holder != leaving ? std::nullopt : next(found);
}

std::optional<target> lanes::let_pass(const target& passing)
{
    const auto found =
        std::ranges::find_if(lanes_, [&](const auto& each) { return each.second.turn == passing; });
    return found == lanes_.end() ? std::nullopt : next(found);
}

std::optional<target> lanes::next(entry which)
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
