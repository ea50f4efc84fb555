#include "net/transport/origin.hpp"

namespace net {

namespace {

std::string bracketed(const std::string& host)
{
    return host.contains(':') ? "[" + host + "]" : host;
}

}  // namespace

std::string origin::str() const
{
    const std::string scheme = tls ? "https://" : "http://";
    return scheme + (port == (tls ? 443 : 80) ? bracketed(host) : with_port(host, port));
}

std::string with_port(const std::string& host, std::uint16_t port)
{
    return bracketed(host) + ":" + std::to_string(port);
}

}  // namespace net
