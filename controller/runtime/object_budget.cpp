#include "runtime/object_budget.hpp"

#include <algorithm>

namespace runtime {
namespace {

using namespace std::chrono_literals;

constexpr support::duration shortest_pause = 30s;
constexpr support::duration pause_of_each = 100ms;

}  // namespace

bool object_budget::take_free(holder& watcher)
{
    if (places_.size() >= limits_.open_watches)
    {
        return false;
    }
    places_.push_back(&watcher);
    return true;
}

bool object_budget::take(holder& watcher)
{
    if (take_free(watcher))
    {
        return true;
    }
    const auto idle = std::ranges::find_if(places_, [](const holder* each) { return !each->awaited(); });
    if (idle == places_.end())
    {
        return false;
    }
    holder* const former = *idle;
    places_.erase(idle);
    places_.push_back(&watcher);
    former->give_up();
    return true;
}

void object_budget::changed(holder& watcher)
{
    const auto place = std::ranges::find(places_, &watcher);
    if (place != places_.end())
    {
        places_.splice(places_.end(), places_, place);
    }
}

void object_budget::release(holder& watcher)
{
    places_.remove(&watcher);
}

support::duration object_budget::pause_of_awaited(support::duration longest) const
{
    const auto crowd = pause_of_each * static_cast<int>(watchers_);
    return std::min(std::max<support::duration>(shortest_pause, crowd), longest);
}

}  // namespace runtime
