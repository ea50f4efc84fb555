#pragma once

#include "net/transport/origin.hpp"

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace net {

// The servers that are reached without a proxy: the value of NO_PROXY, read as programs in Go read it
// (golang.org/x/net/http/httpproxy). Entries are separated by commas:
//     *                                      every server
//     10.0.0.1, 10.0.0.1:443, [fd00::1]:443  this address, at every port or at this one
//     10.0.0.0/8, fd00::/8                   the addresses of this network
//     example.com, example.com:443           this name and the names below it
//     .example.com, *.example.com            only the names below it
// Names are not looked up, so an address in the list matches no name.
class no_proxy
{
public:
    no_proxy() = default;
    explicit no_proxy(std::string_view list);

    bool holds(const origin& to) const;

    // The entries that match no server, for people. They are not shown where they may hold a password.
    const std::vector<std::string>& meaningless() const { return meaningless_; }

private:
    struct network
    {
        boost::asio::ip::address lowest;
        unsigned prefix = 0;  // bits; all of the address: only this address
        std::string port;     // empty: every port
    };
    struct domain
    {
        std::string suffix;   // ".example.com"
        std::string port;     // empty: every port
        bool itself = false;  // whether example.com matches, too
    };

    static std::optional<network> read_network(std::string_view entry);
    bool add(std::string_view entry);  // false: the entry matches no server

    bool all_ = false;
    std::vector<network> networks_;
    std::vector<domain> domains_;
    std::vector<std::string> meaningless_;
};

// The address that `host` is, with an IPv4 address in IPv6 form (::ffff:10.0.0.1) as the IPv4 address. Empty
// if `host` is a name.
std::optional<boost::asio::ip::address> read_address(std::string_view host);

}  // namespace net
