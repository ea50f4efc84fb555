#pragma once

#include "net/transport/byte_stream.hpp"
#include "net/transport/origin.hpp"
#include "support/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <string>

namespace net {

// The trusted CAs and the client certificate, read into OpenSSL once for many connections.
class tls_context;

// errc::invalid if `settings` holds a certificate or key that cannot be read.
support::result<std::shared_ptr<tls_context>> create_tls_context(const tls_settings& settings);

// The client's side of a TLS handshake, TLS 1.2 or newer. The peer's certificate must be valid at `now` and
// for `name`, a host name or an address. Errors: unreachable.
support::task<support::result<std::unique_ptr<byte_stream>>> start_tls(
    boost::asio::ip::tcp::socket socket,
    std::shared_ptr<tls_context> context,
    std::string name,
    support::wall_time now
);

// The same inside the stream of a tunnel.
support::task<support::result<std::unique_ptr<byte_stream>>> start_tls(
    boost::asio::any_io_executor executor,
    std::unique_ptr<byte_stream> over,
    std::shared_ptr<tls_context> context,
    std::string name,
    support::wall_time now
);

}  // namespace net
