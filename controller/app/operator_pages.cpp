#include "app/operator_pages.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace app {
namespace {

net::page alive()
{
    return {.body = "ok\n"};
}

net::page alive_verbose()
{
    return {.body = "[+]event-loop ok\nlivez check passed\n"};
}

net::page ready(const controller& loop)
{
    const auto missing = loop.unlisted();
    if (!loop.ready())
    {
        return {.status = 503, .body = "bindings are not listed yet: " + missing + "\n"};
    }
    return {.body = missing.empty() ? "ok\n" : "ok, without these namespaces: " + missing + "\n"};
}

// "[+]" is a check that passed, "[-]" one that failed; "[!]" names what is wrong and keeps nobody from being
// ready.
net::page ready_verbose(const controller& loop, const rights_check& rights)
{
    const auto unlisted = loop.unlisted();
    const bool is_ready = loop.ready();
    std::string text =
        is_ready ? "[+]bindings-listed ok\n" : "[-]bindings-listed failed: not yet: " + unlisted + "\n";
    if (is_ready && !unlisted.empty())
    {
        text += "[!]namespaces missing: " + unlisted + "\n";
    }
    text += rights.missing().empty() ? "[+]rights ok\n" : "[!]rights missing: " + rights.missing() + "\n";
    text += is_ready ? "readyz check passed\n" : "readyz check failed\n";
    return {.status = is_ready ? 200 : 503, .body = text};
}

bool is_verbose(std::string_view query)
{
    return query == "verbose" || query.starts_with("verbose=") || query.starts_with("verbose&");
}

}  // namespace

support::result<std::unique_ptr<net::server>> listen_for_operators(
    const boost::asio::any_io_executor& executor,
    support::clock& clock,
    const net::listen_address& address,
    const controller& loop,
    const rights_check& rights
)
{
    const auto metrics = [&loop] {
        return net::page{
            .content_type = "text/plain; version=0.0.4; charset=utf-8", .pieces = loop.metrics()
        };
    };
    const auto brief = net::serve_pages(
        {{"/metrics", metrics},
         {"/healthz", &alive},
         {"/livez", &alive},
         {"/readyz", [&loop] { return ready(loop); }}}
    );
    const auto verbose = net::serve_pages(
        {{"/metrics", metrics},
         {"/healthz", &alive_verbose},
         {"/livez", &alive_verbose},
         {"/readyz", [&loop, &rights] { return ready_verbose(loop, rights); }}}
    );
    const auto serve = [brief, verbose](net::server_request request) {
        return is_verbose(request.query) ? verbose(std::move(request)) : brief(std::move(request));
    };
    auto listening = net::listen(executor, clock, address, serve);
    return listening ? std::move(listening) : support::fail("--metrics-bind-address", listening.error());
}

}  // namespace app
