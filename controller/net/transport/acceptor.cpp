#include "net/transport/acceptor.hpp"

#include <boost/asio/ip/v6_only.hpp>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace net {
namespace {

using boost::system::error_code;

error_code open(tcp::acceptor& acceptor, const tcp::endpoint& at, bool both)
{
    error_code failed;
    const auto step = [&](auto action) {
        if (!failed)
        {
            action();
        }
    };
    acceptor.close(failed);
    failed = {};
    step([&] { acceptor.open(at.protocol(), failed); });
    step([&] { acceptor.set_option(tcp::acceptor::reuse_address(true), failed); });
    if (at.address().is_v6())
    {
        step([&] { acceptor.set_option(asio::ip::v6_only(!both), failed); });
    }
    step([&] { acceptor.bind(at, failed); });
    step([&] { acceptor.listen(asio::socket_base::max_listen_connections, failed); });
    return failed;
}

}  // namespace

support::result<tcp::acceptor> open_acceptor(
    const asio::any_io_executor& executor, const listen_address& address
)
{
    tcp::acceptor acceptor(executor);
    error_code failed;
    if (!address.host.empty())
    {
        failed = open(acceptor, {asio::ip::make_address(address.host), address.port}, false);
    }
    else
    {
        failed = open(acceptor, {tcp::v6(), address.port}, true);
        if (failed == asio::error::address_family_not_supported ||
            failed == boost::system::errc::address_not_available)
        {
            // The machine has no IPv6.
            failed = open(acceptor, {tcp::v4(), address.port}, false);
        }
    }
    if (failed)
    {
        return support::fail(
            support::errc::invalid, "cannot listen on " + address.str() + ": " + failed.message()
        );
    }
    return acceptor;
}

}  // namespace net
