#pragma once

#include "cloud/client.hpp"
#include "cloud/openstack/errors.hpp"
#include "cloud/openstack/keystone.hpp"
#include "net/http/http.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"

#include <map>
#include <optional>
#include <string>

namespace cloud::openstack {

struct service_request
{
    std::string method = "GET";
    std::string path = {};  // below the service's URL, such as "/containers/<id>"
    std::string accept = "application/json";
    std::string body = {};                             // JSON, if any
    std::optional<support::time_point> deadline = {};  // empty: that of a read
    std::size_t max_response_bytes = 1 << 20;
};

// Requests to the services of one cloud with a token of one credential: each goes to the service's endpoint
// of the region and nowhere else, redirects included, and is sent a second time only if its token was
// refused.
class service_client final
{
public:
    // All references must outlive it.
    service_client(net::http_client& http, support::clock& clock, const cloud_entry& entry, keystone& tokens)
        : http_(http), clock_(clock), entry_(entry), tokens_(tokens)
    {}

    // The place for `region`; asks Keystone only if no token is held.
    support::task<answer<project_scope>> locate(std::string region);

    // A 2xx of the service that was asked; everything else is an error as judge() has it.
    support::task<answer<net::http_response>> send(
        question asked, std::string region, service_request request
    );

private:
    struct route
    {
        session_ptr session;
        net::url url;
    };
    struct limits
    {
        support::time_point send_by;
        support::time_point deadline;  // of the answer
    };

    support::task<answer<route>> find_route(service to, std::string region);
    support::task<support::result<net::http_response>> send_once(
        route over, service_request request, limits until, bool write
    );

    net::http_client& http_;
    support::clock& clock_;
    const cloud_entry& entry_;
    keystone& tokens_;

    // A service that has answered 429 gets nothing of this credential before the time that it said.
    struct imposed_limit
    {
        support::time_point until;
        error why;
    };
    std::map<service, imposed_limit> limited_;
};

}  // namespace cloud::openstack
