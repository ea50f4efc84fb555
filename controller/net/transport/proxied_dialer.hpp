#pragma once

#include "net/transport/dialer.hpp"
#include "net/transport/proxy.hpp"

#include <memory>

namespace net {

// A dialer that asks `route` about each server. It leaves a server that is reached directly to `direct`. Else
// it connects by `direct` to the proxy, opens a tunnel to the server, and runs the TLS of the server inside.
// Nothing is sent to the server before the tunnel is there, so each failure of a proxy is unreachable; its
// message names the proxy.
//
// The TLS of an https proxy is verified by the CAs of the system and those of the server's settings. The
// proxy gets no client certificate.
std::unique_ptr<dialer> create_proxied_dialer(
    boost::asio::any_io_executor executor,
    support::clock& clock,
    std::unique_ptr<dialer> direct,
    proxy_route route
);

}  // namespace net
