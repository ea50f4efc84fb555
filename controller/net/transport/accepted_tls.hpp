#pragma once

#include "net/transport/accepted_stream.hpp"
#include "net/transport/server_tls_context.hpp"

#include <memory>

namespace net {

// The server's side of TLS. The handshake fails if the peer does not speak TLS; a peer that speaks http is
// then answered plainly. A connection that waits holds no buffers of TLS.
std::unique_ptr<accepted_stream> accept_tls(
    boost::asio::ip::tcp::socket socket, std::shared_ptr<server_tls_context> context
);

}  // namespace net
