#pragma once

#include "net/transport/accepted_stream.hpp"
#include "support/secret.hpp"

#include <memory>
#include <string_view>

namespace net {

// A server's certificate and key, read into OpenSSL once for many connections.
class server_tls_context;

// `chain_pem`: the certificate first, then those of the CAs between it and the root. errc::invalid, with
// "certificate" or "key" as the first word of the message, if one of them cannot be used.
support::result<std::shared_ptr<server_tls_context>> create_server_tls_context(
    std::string_view chain_pem, const support::secret& key_pem
);

// The server's side of TLS 1.2 or newer, without session tickets, for http/1.1 (ALPN). The handshake fails
// if the peer does not speak TLS; a peer that speaks http is then answered plainly. A connection that waits
// holds no buffers of TLS.
std::unique_ptr<accepted_stream> accept_tls(
    boost::asio::ip::tcp::socket socket, std::shared_ptr<server_tls_context> context
);

}  // namespace net
