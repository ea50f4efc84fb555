#pragma once

#include "net/transport/byte_stream.hpp"
#include "net/transport/origin.hpp"
#include "net/transport/proxy.hpp"

#include <memory>
#include <optional>

namespace net {

// Asks the SOCKS5 proxy at the other end of `to_proxy` for a connection to the server (RFC 1928, and RFC 1929
// for `login`). Afterwards the stream is one to the server. The proxy looks up the name of the server.
// Errors: unreachable.
support::task<support::result<std::unique_ptr<byte_stream>>> open_socks5_tunnel(
    std::unique_ptr<byte_stream> to_proxy, origin to, std::optional<proxy_login> login
);

}  // namespace net
