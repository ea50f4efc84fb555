#pragma once

#include "support/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace net {

struct listen_address
{
    std::string host;        // an IPv4 or IPv6 address, this one without brackets; empty: all of the machine
    std::uint16_t port = 0;  // 0: a free one

    bool operator==(const listen_address&) const = default;

    // ":8080", "127.0.0.1:8080", "[::1]:8080".
    std::string str() const;
};

// Reads what str() writes. errc::invalid.
support::result<listen_address> parse_listen_address(std::string_view text);

}  // namespace net
