#pragma once

#include "net/transport/byte_stream.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <memory>

namespace net {

// Makes a connected socket fail within 30 s after its peer has vanished, and send without delay.
void set_options(boost::asio::ip::tcp::socket& socket);

// Whether nothing waits to be read, not even the end of the connection.
bool quiet(boost::asio::ip::tcp::socket& socket);

std::unique_ptr<byte_stream> create_tcp_stream(boost::asio::ip::tcp::socket socket);

}  // namespace net
