#pragma once

#include "support/error.hpp"
#include "support/secret.hpp"
#include "support/turn.hpp"

#include <memory>
#include <string_view>

struct ssl_ctx_st;  // of OpenSSL

namespace net {

// A server's certificate and key, read into OpenSSL once for many connections.
class server_tls_context
{
public:
    struct release
    {
        void operator()(ssl_ctx_st* released) const;
    };

    std::unique_ptr<ssl_ctx_st, release> context;
    // A step of a handshake signs, which takes up to some milliseconds, and strangers begin as many
    // handshakes as they like. So there is one step at a time, and what else is ready in the program comes
    // between two.
    support::turn steps;
};

// `chain_pem`: the certificate first, then those of the CAs between it and the root. errc::invalid, with
// "certificate" or "key" as the first word of the message, if one of them cannot be used. TLS 1.2 or newer,
// without session tickets, for http/1.1 (ALPN).
support::result<std::shared_ptr<server_tls_context>> create_server_tls_context(
    std::string_view chain_pem, const support::secret& key_pem
);

}  // namespace net
