#include "app/debug_pages.hpp"

#include "support/log.hpp"

#include <utility>

namespace app {
namespace {

support::task<net::page> answer(const controller& loop, net::server_request request)
{
    if (request.path != "/debug/targets")
    {
        co_return net::page{.status = 404, .body = "there is no such page; /debug/targets is one\n"};
    }
    if (request.method != "GET" && request.method != "HEAD")
    {
        co_return net::page{
            .status = 405, .body = "only GET and HEAD are served\n", .headers = {{"Allow", "GET, HEAD"}}
        };
    }
    co_return loop.debug_targets(request.query);
}

}  // namespace

support::result<std::unique_ptr<net::server>> listen_for_debugging(
    const boost::asio::any_io_executor& executor,
    support::clock& clock,
    const net::listen_address& address,
    const controller& loop
)
{
    auto listening = net::listen(executor, clock, address, [&loop](net::server_request request) {
        return answer(loop, std::move(request));
    });
    if (!listening)
    {
        return support::fail("--debug-address", listening.error());
    }
    const std::string at = net::listen_address(address.host, (*listening)->port()).str();
    support::log(support::log_level::info, "serving /debug/targets", {{"address", at}});
    if (!net::is_loopback(address))
    {
        support::log(
            support::log_level::warn,
            "other machines can reach /debug/targets, which names every binding and asks for no login; "
            "--debug-address=127.0.0.1:PORT serves this machine alone",
            {{"address", at}}
        );
    }
    return listening;
}

}  // namespace app
