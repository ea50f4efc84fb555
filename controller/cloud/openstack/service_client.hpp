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
    std::string body = {};                             // JSON, or empty
    std::optional<support::time_point> deadline = {};  // empty: the timeout of a read, once there is a token
    std::size_t max_response_bytes = 1 << 20;
};

// Requests to the services of one cloud with a token of one credential. A request goes to the endpoint of its
// service and region and nowhere else; redirects are not followed. It is sent a second time only if its token
// was refused.
class service_client final
{
public:
    // All references must outlive it.
    service_client(
        net::http_client& http,
        support::clock& clock,
        const cloud_entry& entry,
        keystone& tokens,
        support::duration timeout = default_timeout
    )
        : http_(http), clock_(clock), entry_(entry), tokens_(tokens), timeout_(timeout)
    {}

    // The project scope of `region`; asks Keystone only if there is no token.
    support::task<answer<project_scope>> locate(std::string region);

    // The 2xx answer of the service; any other answer becomes an error by judge().
    support::task<answer<net::http_response>> send(
        question asked, std::string region, service_request request
    );

    support::clock& clock() const { return clock_; }

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

    // The limit that the service has imposed and that still holds.
    std::optional<error> limit_of(service asked) const;
    support::task<answer<route>> find_route(service to, std::string region);
    support::task<support::result<net::http_response>> send_once(
        route via, service_request request, limits until, question asked
    );

    net::http_client& http_;
    support::clock& clock_;
    const cloud_entry& entry_;
    keystone& tokens_;
    support::duration timeout_;  // of a read

    // After a 429 of a service no request of this credential is sent to it before the time that the answer
    // named.
    struct imposed_limit
    {
        support::time_point until;
        error why;
    };
    std::map<service, imposed_limit> limited_;
};

}  // namespace cloud::openstack
