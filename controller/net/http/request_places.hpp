#pragma once

#include "net/transport/origin.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
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

// Who may send a request now, and who waits. Pure.
//
// Fairness: the clients of a server get places in turn, so a client with many requests delays another one by
// one request. A client of a cloud takes a place only while it holds less than three times as many as are
// free, and a server likewise among all servers of clouds. So however many requests of one client or to one
// server hang, places remain for the others.
class request_places
{
public:
    using ticket = std::uint64_t;

    struct asker
    {
        net::origin server;
        std::size_t client = 0;  // a digest of what the request logs in with
        std::string_view service;
    };

    explicit request_places(request_limits limits) : limits_(limits) {}

    // Asks for a place. The asker has one when take_admitted() gives its ticket.
    ticket ask(const asker& who);

    // Gives back the place of the ticket, or its turn if it still waits.
    void give_back(ticket which);

    // Those that got a place since the last call.
    std::vector<ticket> take_admitted();

    struct counts
    {
        std::size_t under_way = 0;
        std::size_t waiting = 0;
    };
    // By service, for the metrics; services of which there was never a request are missing.
    const std::map<std::string, counts, std::less<>>& by_service() const { return by_service_; }

private:
    struct line
    {
        std::size_t held = 0;
        std::deque<ticket> waiting;
    };
    struct server
    {
        std::size_t held = 0;
        std::size_t waiting = 0;
        std::map<std::size_t, line> lines;  // by client
        std::optional<std::size_t> served_last;
    };
    struct request
    {
        origin of;
        std::size_t client;
        bool to_kubernetes;
        bool admitted;
        counts* counted;
    };

    void admit();
    void admit(server& at, bool to_kubernetes);
    bool has_room(const server& at, bool to_kubernetes) const;
    bool may_take(const server& at, const line& client, bool to_kubernetes) const;

    request_limits limits_;
    std::map<std::pair<bool, origin>, server> servers_;  // the flag: requests to Kubernetes
    std::map<ticket, request> requests_;
    std::map<std::string, counts, std::less<>> by_service_;
    std::vector<ticket> admitted_;
    std::size_t of_the_cloud_ = 0;  // places that are held
    std::size_t waiting_ = 0;
    ticket last_ = 0;
};

}  // namespace net
