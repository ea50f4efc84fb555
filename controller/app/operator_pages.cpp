#include "app/operator_pages.hpp"

#include <string>
#include <utility>
#include <vector>

namespace app {

support::result<std::unique_ptr<net::server>> listen_for_operators(
    const boost::asio::any_io_executor& executor,
    support::clock& clock,
    const net::listen_address& address,
    const controller& loop
)
{
    const auto metrics = [&loop] {
        return net::page{
            .content_type = "text/plain; version=0.0.4; charset=utf-8", .pieces = loop.metrics()
        };
    };
    const auto alive = [] { return net::page{.body = "ok\n"}; };
    const auto ready = [&loop] {
        const auto missing = loop.unlisted();
        if (!loop.ready())
        {
            return net::page{.status = 503, .body = "bindings are not listed yet: " + missing + "\n"};
        }
        return net::page{
            .body = missing.empty() ? "ok\n" : "ok, without these namespaces: " + missing + "\n"
        };
    };
    std::vector<net::route> routes{{"/metrics", metrics}, {"/healthz", alive}, {"/readyz", ready}};
    auto listening = net::listen(executor, clock, address, net::serve_pages(std::move(routes)));
    return listening ? std::move(listening) : support::fail("--metrics-bind-address", listening.error());
}

}  // namespace app
