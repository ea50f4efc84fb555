#pragma once

#include "net/transport/byte_stream.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <memory>

namespace net {

// A connected socket that notices within 30 s that its peer has vanished. Errors: unreachable.
support::task<support::result<std::unique_ptr<boost::asio::ip::tcp::socket>>> connect(
    boost::asio::any_io_executor executor, boost::asio::ip::tcp::endpoint to
);

// Whether nothing, not even the peer's end, waits to be read.
bool quiet(boost::asio::ip::tcp::socket& socket);

std::unique_ptr<byte_stream> create_tcp_stream(boost::asio::ip::tcp::socket socket);

}  // namespace net
