#include "net/transport/origin.hpp"

#include <algorithm>

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

std::string lower_case(std::string_view text)
{
    std::string lowered(text);
    std::ranges::transform(lowered, lowered.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lowered;
}

std::string with_port(const std::string& host, std::uint16_t port)
{
    return bracketed(host) + ":" + std::to_string(port);
}

}  // namespace net
