#pragma once

#include "support/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace net {

struct listen_address
{
    // An IPv4 address, or an IPv6 address without brackets; empty: all addresses of the machine.
    std::string host;
    std::uint16_t port = 0;  // 0: any free port

    bool operator==(const listen_address&) const = default;

    // ":8080", "127.0.0.1:8080", "[::1]:8080".
    std::string str() const;
};

// Whether only this machine reaches it.
bool is_loopback(const listen_address& address);

// Reads the form that str() writes. Errors: invalid.
support::result<listen_address> parse_listen_address(std::string_view text);

}  // namespace net
