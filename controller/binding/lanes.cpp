#include "binding/lanes.hpp"

#include <algorithm>

namespace binding {

lane_state lanes::state(const lane& which, const target& asking) const
{
    const auto found = lanes_.find(which);
    if (found == lanes_.end() || !found->second.holder)
    {
        return lane_state::free;
    }
    return *found->second.holder == asking ? lane_state::ours : lane_state::taken;
}

bool lanes::take(const lane& which, const target& taking)
{
    auto& holder = lanes_[which].holder;
    if (!holder)
    {
        holder = taking;
    }
    return *holder == taking;
}

void lanes::wait(const lane& which, const target& waiting)
{
    auto& queue = lanes_[which].waiting;
    if (std::ranges::find(queue, waiting) == queue.end())
    {
        queue.push_back(waiting);
    }
}

std::vector<target> lanes::leave(const lane& which, const target& leaving)
{
    const auto found = lanes_.find(which);
    if (found == lanes_.end() || found->second.holder != leaving)
    {
        return {};
    }
    std::vector<target> waiting(found->second.waiting.begin(), found->second.waiting.end());
    lanes_.erase(found);
    return waiting;
}

}  // namespace binding
