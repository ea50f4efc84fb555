#pragma once

#include "api/bindings.hpp"
#include "api/bounded_client.hpp"
#include "api/calls.hpp"
#include "api/failure.hpp"
#include "api/rate_limit.hpp"
#include "api/request.hpp"
#include "api/waiting.hpp"
#include "kube/client.hpp"
#include "net/http/handler.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"
#include "support/secret.hpp"
#include "support/task.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace api {

struct settings
{
    api::defaults defaults;
    std::vector<std::string> watched;  // the namespaces that the controller watches; empty: all
    support::duration wait = std::chrono::seconds(10);  // of a POST or DELETE without ?wait=
    std::size_t most_waiting = 1000;
    std::size_t requests_per_minute = 600;  // of one token; 0: no limit
};

// The HTTP door: answers each request of the API.
class door
{
public:
    struct parts
    {
        boost::asio::any_io_executor executor;
        support::clock& clock;
        support::random_engine& random;
        // A client that acts with this token and nothing else.
        std::function<std::unique_ptr<kube::client>(support::secret)> client_of;
        find_binding find;
        std::string contract;       // openapi.yaml as JSON
        std::string documentation;  // HTML
    };

    door(parts parts, settings settings);

    // Answers one request, with one line in the log. Everything that is not 2xx has the `error` object.
    support::task<net::page> answer(net::server_request request);

    // The index has taken over a change.
    void changed(const binding::object_changed& change) { waiting_.changed(change); }

    // Ends the waits of all calls; they answer what is known.
    void end_waits() { waiting_.end(); }

    // What the server itself refuses, in the form of the API.
    net::page refusal(int status, const std::string& why);

private:
    // Puts the namespace of the request into `name_space`, for the log.
    support::task<result<net::page>> handle(const net::server_request& request, std::string& name_space);
    support::task<result<net::page>> serve(
        const net::server_request& request, const route& route, const support::secret& token, parameters where
    );
    support::task<result<net::page>> dispatch(
        const net::server_request& request, const route& route, call call
    );
    result<net::page> public_page(operation asked) const;
    std::string new_request_id();

    parts parts_;
    settings settings_;
    waiting waiting_;
    calls_under_way calls_;
    rate_limit limit_;
};

}  // namespace api
