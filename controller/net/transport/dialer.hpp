#pragma once

#include "net/transport/byte_stream.hpp"
#include "net/transport/origin.hpp"
#include "net/transport/resolver.hpp"
#include "support/clock.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace net {

// Opens connections.
class dialer
{
public:
    virtual ~dialer() = default;

    // Looks up the host, connects to the first of its addresses that answers within 10 s and, for TLS,
    // verifies the peer. `tls` null: the trust of the system. Errors: unreachable; invalid if `tls` holds a
    // certificate or key that cannot be read.
    virtual support::task<support::result<std::unique_ptr<byte_stream>>> dial(
        origin to, std::shared_ptr<const tls_settings> tls, support::time_point deadline
    ) = 0;
};

// A dialer over TCP sockets, with TLS by OpenSSL. `clock` must outlive it.
std::unique_ptr<dialer> create_dialer(
    boost::asio::any_io_executor executor,
    support::clock& clock,
    resolver::look_up_function look_up = resolver::system_look_up
);

}  // namespace net
