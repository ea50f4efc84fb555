#pragma once

#include "net/transport/resolver.hpp"
#include "support/clock.hpp"
#include "support/error.hpp"
#include "support/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <vector>

// One connection to a host that has several addresses (Happy Eyeballs, RFC 8305).
namespace net {

// What earlier connections to a host showed of its addresses.
struct address_experience
{
    std::optional<boost::asio::ip::address> good;  // it answered last
    std::set<boost::asio::ip::address> bad;        // they accepted a connection and did not serve it
};

// The order in which the addresses of a host are tried: the good one, then the others of the look-up with the
// families taking turns (RFC 8305 section 4), the bad ones last.
addresses in_order_of_trial(const addresses& found, const address_experience& known);

// The socket of the first address that accepts a connection. The next address is tried after 250 ms, or at
// once if no connection is under way. The other connections are closed. A look-up of more than 32 addresses
// is cut. Errors: unreachable; the message names the addresses that were tried and why each failed.
support::task<support::result<std::unique_ptr<boost::asio::ip::tcp::socket>>> connect_to_any(
    boost::asio::any_io_executor executor,
    support::clock& clock,
    addresses in_order,
    std::uint16_t port,
    support::time_point deadline
);

}  // namespace net
