#pragma once

#include "net/transport/byte_stream.hpp"
#include "net/transport/origin.hpp"
#include "net/transport/proxy.hpp"

#include <memory>
#include <optional>

namespace net {

// Asks the HTTP proxy at the other end of `to_proxy` for a tunnel to the server (CONNECT, RFC 9110 section
// 9.3.6). Afterwards the stream is one to the server. `login` is sent as Basic (RFC 7617). Errors:
// unreachable; the message quotes nothing of the proxy's answer but its status.
support::task<support::result<std::unique_ptr<byte_stream>>> open_connect_tunnel(
    std::unique_ptr<byte_stream> to_proxy, origin to, std::optional<proxy_login> login
);

}  // namespace net
