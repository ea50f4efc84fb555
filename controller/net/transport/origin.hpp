#pragma once

#include "support/secret.hpp"

#include <compare>
#include <cstdint>
#include <string>

namespace net {

// Where a request goes: one connection pool each (RFC 9110 section 4.3.1).
struct origin
{
    bool tls = false;
    std::string host;  // a name or an address; IPv6 without brackets
    std::uint16_t port = 0;

    friend auto operator<=>(const origin&, const origin&) = default;

    // "https://host:6443", the port only where it is not the scheme's own.
    std::string str() const;
};

// How a TLS peer is verified and how we show ourselves. Verification is always on.
struct tls_settings
{
    std::string ca_pem;                  // trusted certificates; empty: the system's
    std::string client_certificate_pem;  // chain, leaf first; empty: none is shown
    support::secret client_key_pem;
    std::string server_name;  // for SNI and verification instead of the origin's host; empty: the host
};

}  // namespace net
