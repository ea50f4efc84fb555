#pragma once

#include "net/transport/listen_address.hpp"
#include "support/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace net {

// One that listens: on both families where the address names no host, as far as the machine has them.
// errc::invalid: the address cannot be had.
support::result<boost::asio::ip::tcp::acceptor> open_acceptor(
    const boost::asio::any_io_executor& executor, const listen_address& address
);

}  // namespace net
