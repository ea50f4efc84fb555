#pragma once

#include "api/door.hpp"
#include "app/controller.hpp"
#include "app/options.hpp"
#include "kube/caller_clients.hpp"
#include "kube/config.hpp"
#include "net/http/http.hpp"
#include "net/http/server.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"
#include "support/error.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>

namespace app {

// How the server of the door serves it, without TLS: its limits, and what it refuses itself, in the form of
// the API and with a line in the log. `door` must outlive the server.
net::server_options serving_of(const bindings_api_options& options, api::door& door);

// The HTTP door and its server.
class bindings_api
{
public:
    struct parts
    {
        boost::asio::any_io_executor executor;
        support::clock& clock;
        support::random_engine& random;
        net::http_client& http;
        const kube::config& cluster;
        const controller& loop;
    };

    // Listens; errc::invalid, with the flag, if that is not possible. The parts must live until run()
    // returns.
    static support::result<std::unique_ptr<bindings_api>> open(parts parts, const options& options);

    // "https://[::1]:8443"
    std::string url() const;

    support::task<> run() { return server_->run(); }

    // Answers the requests that wait, and takes no more.
    void stop();

    // Ends at once.
    void abort() { server_->stop(); }

    // The index has taken over a change.
    void changed(const binding::object_changed& change) { door_.changed(change); }

private:
    bindings_api(parts parts, const options& options, std::string contract);

    support::result<> listen(parts parts);

    bindings_api_options options_;
    kube::caller_clients callers_;
    api::door door_;
    std::unique_ptr<net::server> server_;
};

}  // namespace app
