#pragma once

#include "net/transport/listen_address.hpp"
#include "support/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace net {

// Opens a listening acceptor. Without a host in `address` it listens on IPv4 and IPv6, as far as the machine
// has both. errc::invalid if the address is not available.
support::result<boost::asio::ip::tcp::acceptor> open_acceptor(
    const boost::asio::any_io_executor& executor, const listen_address& address
);

}  // namespace net
