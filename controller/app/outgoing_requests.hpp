#pragma once

#include "net/http/budgeted_client.hpp"
#include "net/http/fenced_client.hpp"
#include "net/http/http.hpp"
#include "net/http/measured_client.hpp"
#include "net/http/request_places.hpp"
#include "support/clock.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace app {

// The way of the requests of the program, except those for the Lease: each waits for a place within the
// limits, takes a connection that is kept, and is told of when it has ended. A fenced write also asks, once
// it has its place, whether this process may still send it.
class outgoing_requests
{
public:
    struct parts
    {
        std::unique_ptr<net::http_client> http;
        support::clock& clock;
        net::request_limits limits;
        net::measured_client::observer ended;
        std::function<support::time_point()> may_send_until;  // as net::fenced_client has it
    };

    explicit outgoing_requests(parts with);

    net::http_client& unfenced() { return unfenced_; }
    net::http_client& fenced() { return fenced_; }

    // Shares the places with fenced(), and asks for them as `tenant` (net::request_places).
    std::unique_ptr<net::http_client> fenced_of_tenant(const std::string& tenant);

    const std::map<std::string, net::request_places::counts, std::less<>>& by_service() const
    {
        return unfenced_.by_service();
    }

private:
    std::unique_ptr<net::http_client> http_;
    net::measured_client measured_;
    net::fenced_client fence_;
    net::budgeted_client unfenced_;
    net::budgeted_client fenced_;  // waits for its place before it asks the fence
};

}  // namespace app
