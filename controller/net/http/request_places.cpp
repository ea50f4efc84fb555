#include "net/http/request_places.hpp"

#include <algorithm>
#include <utility>

namespace net {
namespace {

// Of one client or server, for each free place.
constexpr std::size_t held_for_each_free = 3;

bool is_fair(std::size_t held, std::size_t all_held, std::size_t limit)
{
    return all_held < limit && held < held_for_each_free * (limit - all_held);
}

}  // namespace

request_places::ticket request_places::ask(const asker& who)
{
    const bool to_kubernetes = who.service == "kubernetes";
    auto counted = by_service_.find(who.service);
    if (counted == by_service_.end())
    {
        counted = by_service_.emplace(who.service, counts{}).first;
    }
    const ticket number = ++last_;
    requests_.emplace(number, request{who.server, who.client, to_kubernetes, false, &counted->second});
    server& at = servers_[{to_kubernetes, who.server}];
    at.lines[who.client].waiting.push_back(number);
    ++at.waiting;
    ++waiting_;
    ++counted->second.waiting;
    admit(at, to_kubernetes);
    return number;
}

void request_places::give_back(ticket which)
{
    const auto found = requests_.find(which);
    if (found == requests_.end())
    {
        return;
    }
    const request gone = std::move(found->second);
    requests_.erase(found);
    const auto at = servers_.find({gone.to_kubernetes, gone.of});
    server& of = at->second;
    const auto line = of.lines.find(gone.client);
    if (gone.admitted)
    {
        --line->second.held;
        --of.held;
        --gone.counted->under_way;
        of_the_cloud_ -= gone.to_kubernetes ? 0 : 1;
        std::erase(admitted_, which);
    }
    else
    {
        std::erase(line->second.waiting, which);
        --of.waiting;
        --waiting_;
        --gone.counted->waiting;
    }
    if (line->second.held == 0 && line->second.waiting.empty())
    {
        of.lines.erase(line);
    }
    if (of.lines.empty())
    {
        servers_.erase(at);
    }
    admit();
}

std::vector<request_places::ticket> request_places::take_admitted()
{
    return std::exchange(admitted_, {});
}

void request_places::admit()
{
    if (waiting_ == 0)
    {
        return;
    }
    for (auto& [which, at] : servers_)
    {
        if (at.waiting > 0)
        {
            admit(at, which.first);
        }
    }
}

void request_places::admit(server& at, bool to_kubernetes)
{
    while (at.waiting > 0 && has_room(at, to_kubernetes))
    {
        // Each client once, beginning after the one that was served last.
        auto next = at.served_last ? at.lines.upper_bound(*at.served_last) : at.lines.begin();
        std::size_t looked_at = 0;
        const auto waits = [&](const line& client) {
            return !client.waiting.empty() && may_take(at, client, to_kubernetes);
        };
        for (; looked_at < at.lines.size(); ++looked_at)
        {
            next = next == at.lines.end() ? at.lines.begin() : next;
            if (waits(next->second))
            {
                break;
            }
            ++next;
        }
        if (looked_at == at.lines.size())
        {
            return;
        }
        const ticket first = next->second.waiting.front();
        next->second.waiting.pop_front();
        ++next->second.held;
        at.served_last = next->first;
        ++at.held;
        --at.waiting;
        --waiting_;
        of_the_cloud_ += to_kubernetes ? 0 : 1;
        request& admitted = requests_.at(first);
        admitted.admitted = true;
        --admitted.counted->waiting;
        ++admitted.counted->under_way;
        admitted_.push_back(first);
    }
}

bool request_places::has_room(const server& at, bool to_kubernetes) const
{
    if (to_kubernetes)
    {
        return at.held < limits_.of_kubernetes;
    }
    return at.held < limits_.of_a_server && is_fair(at.held, of_the_cloud_, limits_.of_the_cloud);
}

// The clients of the API server are the controller and the callers of its API, whose requests are short and
// whose turns alternate.
bool request_places::may_take(const server& at, const line& client, bool to_kubernetes) const
{
    return to_kubernetes || is_fair(client.held, at.held, limits_.of_a_server);
}

}  // namespace net
