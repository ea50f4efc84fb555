#include "binding/targets/load_balancer_queue.hpp"

#include <algorithm>

namespace binding {

turn_state load_balancer_queue::state(const load_balancer_key& which, const target& asking) const
{
    const auto it = queues_.find(which);
    if (it == queues_.end())
    {
        return turn_state::free;
    }
    const auto& [holder, named, waiting] = it->second;
    if (holder)
    {
        return *holder == asking ? turn_state::ours : turn_state::taken;
    }
    return !named || *named == asking ? turn_state::free : turn_state::taken;
}

std::optional<target> load_balancer_queue::taken_by(const load_balancer_key& which) const
{
    const auto it = queues_.find(which);
    if (it == queues_.end())
    {
        return std::nullopt;
    }
    return it->second.holder ? it->second.holder : it->second.named;
}

bool load_balancer_queue::take(const load_balancer_key& which, const target& taking)
{
    auto& [holder, named, waiting] = queues_[which];
    if (!holder && (!named || *named == taking))
    {
        holder = taking;
        named.reset();
    }
    return holder == taking;
}

void load_balancer_queue::wait(const load_balancer_key& which, const target& waiting)
{
    auto& queue = queues_[which].waiting;
    if (std::ranges::find(queue, waiting) == queue.end())
    {
        queue.push_back(waiting);
    }
}

bool load_balancer_queue::is_wanted(const load_balancer_key& which) const
{
    const auto it = queues_.find(which);
    return it != queues_.end() && !it->second.waiting.empty();
}

std::optional<target> load_balancer_queue::leave(const load_balancer_key& which, const target& leaving)
{
    const auto it = queues_.find(which);
    return it == queues_.end() || it->second.holder != leaving ? std::nullopt : next(it);
}

std::optional<target> load_balancer_queue::let_pass(const target& passing)
{
    const auto it =
        std::ranges::find_if(queues_, [&](const auto& entry) { return entry.second.named == passing; });
    return it == queues_.end() ? std::nullopt : next(it);
}

std::optional<target> load_balancer_queue::next(entry which)
{
    auto& [holder, named, waiting] = which->second;
    if (waiting.empty())
    {
        queues_.erase(which);
        return std::nullopt;
    }
    holder.reset();
    named = waiting.front();
    waiting.pop_front();
    return named;
}

}  // namespace binding
