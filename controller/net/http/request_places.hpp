#pragma once

#include "net/transport/origin.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace net {

// How many requests may be under way at a time.
struct request_limits
{
    std::size_t of_a_server = 64;
    std::size_t of_kubernetes = 32;  // to the API server
    std::size_t of_the_cloud = 512;  // to all other servers together

    bool operator==(const request_limits&) const = default;
};

// One of the limits.
enum class request_budget
{
    of_a_server,
    of_kubernetes,
    of_the_cloud,
};

// Who may send a request now, and who waits. Pure.
//
// A tenant is whoever brought the credentials that its requests log in with: the controller itself, or a
// namespace. Each credential is a client.
// Fairness: the tenants of a server get places in turn, the clients of a tenant likewise, and the servers of
// clouds likewise. So who has many requests delays another one by one request. A tenant takes a place of a
// server, or of all clouds together, only while it holds less than three times as many as are free; so does a
// client of a server, and a server of a cloud. All namespaces together leave a quarter of the places of
// clouds to the controller itself. So however many requests of one tenant or to one server hang, places
// remain for the others.
class request_places
{
public:
    using ticket = std::uint64_t;

    struct asker
    {
        net::origin server;
        std::size_t client = 0;  // a digest of what the request logs in with
        std::string_view service;
        std::size_t tenant = 0;  // a digest of its name; 0: the controller itself
    };

    explicit request_places(request_limits limits) : limits_(limits) {}

    // Asks for a place. The asker has one when take_admitted() gives its ticket.
    ticket ask(const asker& who);

    // Gives back the place of the ticket, or its turn if it still waits.
    void give_back(ticket which);

    // A ticket that waited for too long: counts it, and tells which limit holds it back. Its turn is given
    // back as others are.
    request_budget came_too_late(ticket which);

    // Those that got a place since the last call.
    std::vector<ticket> take_admitted();

    const request_limits& limits() const { return limits_; }

    struct counts
    {
        std::size_t under_way = 0;
        std::size_t waiting = 0;
        std::size_t too_late = 0;  // waited for too long, since the start
    };
    // By service, for the metrics; services of which there was never a request are missing.
    const std::map<std::string, counts, std::less<>>& by_service() const { return by_service_; }

private:
    struct line
    {
        std::size_t held = 0;
        std::deque<ticket> waiting;
    };
    struct tenant
    {
        std::size_t held = 0;
        std::size_t waiting = 0;
        std::map<std::size_t, line> lines;  // by client
        std::optional<std::size_t> served_last;
    };
    struct server
    {
        std::size_t held = 0;
        std::size_t waiting = 0;
        std::map<std::size_t, tenant> tenants;
        std::optional<std::size_t> served_last;
    };
    using server_key = std::pair<bool, origin>;  // the flag: requests to Kubernetes
    struct request
    {
        origin of;
        std::size_t tenant;
        std::size_t client;
        bool to_kubernetes;
        bool admitted;
        counts* counted;
    };
    using client_lines = std::map<std::size_t, line>;

    void admit();
    bool admit_one(server& at, bool to_kubernetes);
    bool has_room(const server& at, bool to_kubernetes) const;
    bool may_take(const server& at, std::size_t tenant_id, const tenant& of, bool to_kubernetes) const;
    client_lines::iterator next_client(const server& at, tenant& of, bool to_kubernetes) const;
    void forget_empty(const request& gone);

    request_limits limits_;
    std::map<server_key, server> servers_;
    std::optional<server_key> served_last_;
    std::map<ticket, request> requests_;
    std::map<std::string, counts, std::less<>> by_service_;
    std::vector<ticket> admitted_;
    std::map<std::size_t, std::size_t> held_by_;  // by tenant: places of clouds
    std::size_t of_the_cloud_ = 0;                // places that are held
    std::size_t of_namespaces_ = 0;               // of these
    std::size_t waiting_ = 0;
    ticket last_ = 0;
};

}  // namespace net
