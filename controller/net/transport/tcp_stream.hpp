#pragma once

#include "net/transport/byte_stream.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <memory>

namespace net {

// A connected socket that fails within 30 s after its peer has vanished. Errors: unreachable.
support::task<support::result<std::unique_ptr<boost::asio::ip::tcp::socket>>> connect(
    boost::asio::any_io_executor executor, boost::asio::ip::tcp::endpoint to
);

// Whether nothing waits to be read, not even the end of the connection.
bool quiet(boost::asio::ip::tcp::socket& socket);

std::unique_ptr<byte_stream> create_tcp_stream(boost::asio::ip::tcp::socket socket);

}  // namespace net
