#pragma once

#include "support/secret.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace net {

// The server of a request (RFC 9110 section 4.3.1). Each origin has its own idle connections.
struct origin
{
    bool tls = false;
    std::string host;  // a name or an address; an IPv6 address without brackets
    std::uint16_t port = 0;

    friend auto operator<=>(const origin&, const origin&) = default;

    // "https://host:6443"; without the port if it is the default of the scheme.
    std::string str() const;
};

// The form in which host names and schemes are compared; only letters of ASCII have a case there.
std::string lower_case(std::string_view text);

// "host:443", "[fd00::1]:443".
std::string with_port(const std::string& host, std::uint16_t port);

// The trusted CAs for a TLS peer, and the client certificate for it. The peer is always verified.
struct tls_settings
{
    std::string ca_pem;                  // trusted certificates; empty: those of the system
    bool system_too = false;             // those of the system are trusted beside ca_pem
    std::string client_certificate_pem;  // a chain, leaf first; empty: no client certificate
    support::secret client_key_pem;
    // The name for SNI and verification; empty: the host of the origin.
    std::string server_name;
};

}  // namespace net
