#pragma once

#include "net/transport/no_proxy.hpp"
#include "net/transport/origin.hpp"
#include "support/error.hpp"
#include "support/secret.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

// Which server is reached through which proxy: values and decisions, without sockets.
namespace net {

enum class proxy_kind
{
    http,    // CONNECT over TCP
    https,   // CONNECT over TLS
    socks5,  // RFC 1928; the proxy looks names up, also for the scheme socks5, as in Go
};

struct proxy_login
{
    support::secret user;
    support::secret password;
};

// A server that passes the bytes of a connection on to the server that it is asked for.
struct proxy
{
    proxy_kind kind = proxy_kind::http;
    std::string scheme = "http";  // as it is written: socks5 or socks5h
    std::string host;             // as in an origin
    std::uint16_t port = 0;
    std::optional<proxy_login> login;

    // "http://proxy.example:3128", without user and password.
    std::string str() const;
};

// Reads SCHEME://[USER:PASSWORD@]HOST[:PORT], where the scheme is http, https, socks5 or socks5h. A URL
// without a scheme is http. The default ports are 80, 443 and 1080, as in Go. Errors: invalid; the message
// quotes nothing of the URL but its scheme, because any other part may be one of a password.
support::result<proxy> parse_proxy(std::string_view url);

// The proxies of the environment, by the rules of programs in Go (golang.org/x/net/http/httpproxy).
struct proxy_settings
{
    std::shared_ptr<const proxy> for_http;   // null: http servers are reached directly
    std::shared_ptr<const proxy> for_https;  // null: https servers are reached directly
    no_proxy exceptions;

    // Null: directly. So are localhost and the loopback addresses.
    std::shared_ptr<const proxy> proxy_for(const origin& to) const;
};

// Reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY, and where one is missing or empty, its lower-case form. Errors:
// invalid, with the name of the variable.
support::result<proxy_settings> read_proxy_settings(
    const std::function<std::optional<std::string>(const std::string& name)>& environment
);

// The proxy for a server; null: directly. It always gives the same answer for a server, because connections
// are kept by their server alone.
using proxy_route = std::function<std::shared_ptr<const proxy>(const origin& to)>;

}  // namespace net
