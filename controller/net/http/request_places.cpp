#include "net/http/request_places.hpp"

#include <algorithm>
#include <utility>

namespace net {
namespace {

// Of one tenant, client or server, for each free place.
constexpr std::size_t held_for_each_free = 3;

// The tenant that is no namespace.
constexpr std::size_t controller = 0;

bool is_fair(std::size_t held, std::size_t all_held, std::size_t limit)
{
    return all_held < limit && held < held_for_each_free * (limit - all_held);
}

// The first one that `may`, beginning after the one that was served last; the end: there is none.
template <class Map, class May>
typename Map::iterator next_in_turn(
    Map& all, const std::optional<typename Map::key_type>& served_last, const May& may
)
{
    auto next = served_last ? all.upper_bound(*served_last) : all.begin();
    for (std::size_t looked_at = 0; looked_at < all.size(); ++looked_at, ++next)
    {
        next = next == all.end() ? all.begin() : next;
        if (may(*next))
        {
            return next;
        }
    }
    return all.end();
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
    requests_.emplace(
        number, request{who.server, who.tenant, who.client, to_kubernetes, false, &counted->second}
    );
    server& at = servers_[{to_kubernetes, who.server}];
    tenant& of = at.tenants[who.tenant];
    of.lines[who.client].waiting.push_back(number);
    ++of.waiting;
    ++at.waiting;
    ++waiting_;
    ++counted->second.waiting;
    admit_one(at, to_kubernetes);
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
    server& at = servers_.at({gone.to_kubernetes, gone.of});
    tenant& of = at.tenants.at(gone.tenant);
    line& from = of.lines.at(gone.client);
    if (gone.admitted)
    {
        --from.held;
        --of.held;
        --at.held;
        --gone.counted->under_way;
        if (!gone.to_kubernetes)
        {
            --of_the_cloud_;
            of_namespaces_ -= gone.tenant == controller ? 0 : 1;
            const auto all = held_by_.find(gone.tenant);
            if (--all->second == 0)
            {
                held_by_.erase(all);
            }
        }
        std::erase(admitted_, which);
    }
    else
    {
        std::erase(from.waiting, which);
        --of.waiting;
        --at.waiting;
        --waiting_;
        --gone.counted->waiting;
    }
    forget_empty(gone);
    admit();
}

void request_places::forget_empty(const request& gone)
{
    const auto at = servers_.find({gone.to_kubernetes, gone.of});
    const auto of = at->second.tenants.find(gone.tenant);
    const auto from = of->second.lines.find(gone.client);
    if (from->second.held == 0 && from->second.waiting.empty())
    {
        of->second.lines.erase(from);
    }
    if (of->second.lines.empty())
    {
        at->second.tenants.erase(of);
    }
    if (at->second.tenants.empty())
    {
        servers_.erase(at);
    }
}

request_budget request_places::came_too_late(ticket which)
{
    const request& late = requests_.at(which);
    ++late.counted->too_late;
    if (late.to_kubernetes)
    {
        return request_budget::of_kubernetes;
    }
    const server& at = servers_.at({false, late.of});
    const tenant& of = at.tenants.at(late.tenant);
    const bool has_place_at_server = is_fair(of.held, at.held, limits_.of_a_server) &&
                                     is_fair(of.lines.at(late.client).held, at.held, limits_.of_a_server);
    return has_place_at_server ? request_budget::of_the_cloud : request_budget::of_a_server;
}

std::vector<request_places::ticket> request_places::take_admitted()
{
    return std::exchange(admitted_, {});
}

void request_places::admit()
{
    while (waiting_ > 0)
    {
        const auto served = next_in_turn(servers_, served_last_, [this](auto& entry) {
            return admit_one(entry.second, entry.first.first);
        });
        if (served == servers_.end())
        {
            return;
        }
        served_last_ = served->first;
    }
}

// False: nobody who waits for the server may have a place.
bool request_places::admit_one(server& at, bool to_kubernetes)
{
    if (at.waiting == 0 || !has_room(at, to_kubernetes))
    {
        return false;
    }
    const auto next = next_in_turn(at.tenants, at.served_last, [&](auto& entry) {
        auto& [id, of] = entry;
        return of.waiting > 0 && may_take(at, id, of, to_kubernetes) &&
               next_client(at, of, to_kubernetes) != of.lines.end();
    });
    if (next == at.tenants.end())
    {
        return false;
    }
    tenant& of = next->second;
    const auto client = next_client(at, of, to_kubernetes);
    const ticket first = client->second.waiting.front();
    client->second.waiting.pop_front();
    of.served_last = client->first;
    at.served_last = next->first;
    ++client->second.held;
    ++of.held;
    ++at.held;
    --of.waiting;
    --at.waiting;
    --waiting_;
    if (!to_kubernetes)
    {
        ++of_the_cloud_;
        of_namespaces_ += next->first == controller ? 0 : 1;
        ++held_by_[next->first];
    }
    request& admitted = requests_.at(first);
    admitted.admitted = true;
    --admitted.counted->waiting;
    ++admitted.counted->under_way;
    admitted_.push_back(first);
    return true;
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
bool request_places::may_take(const server& at, std::size_t tenant_id, const tenant& of, bool to_kubernetes)
    const
{
    if (to_kubernetes)
    {
        return true;
    }
    if (!is_fair(of.held, at.held, limits_.of_a_server))
    {
        return false;
    }
    const auto found = held_by_.find(tenant_id);
    const std::size_t held = found == held_by_.end() ? 0 : found->second;
    const std::size_t all = limits_.of_the_cloud;
    return tenant_id == controller ? is_fair(held, of_the_cloud_, all)
                                   : is_fair(held, of_namespaces_, all - (all / (held_for_each_free + 1)));
}

request_places::client_lines::iterator request_places::next_client(
    const server& at, tenant& of, bool to_kubernetes
) const
{
    return next_in_turn(of.lines, of.served_last, [&](const auto& entry) {
        const line& client = entry.second;
        return !client.waiting.empty() &&
               (to_kubernetes || is_fair(client.held, at.held, limits_.of_a_server));
    });
}

}  // namespace net
