#include "net/transport/listen_address.hpp"

#include <boost/asio/ip/address.hpp>

#include <charconv>

namespace net {

std::string listen_address::str() const
{
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool is_loopback(const listen_address& address)
{
    return address.host.starts_with("127.") || address.host == "::1";
}

support::result<listen_address> parse_listen_address(std::string_view text)
{
    const auto refuse = [&] {
        return support::fail(
            support::errc::invalid,
            "\"" + std::string(text) +
                "\" is no address to listen on; write it as in :8080, 127.0.0.1:8080 or [::1]:8080"
        );
    };
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
    {
        return refuse();
    }
    auto host = text.substr(0, colon);
    const auto port = text.substr(colon + 1);
    listen_address parsed;
    const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), parsed.port);
    if (failed != std::errc() || end != port.data() + port.size() || port.empty())
    {
        return refuse();
    }
    const bool bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
    if (bracketed)
    {
        host = host.substr(1, host.size() - 2);
    }
    boost::system::error_code no_address;
    const auto address = boost::asio::ip::make_address(std::string(host), no_address);
    if (!host.empty() && (no_address || address.is_v6() != bracketed))
    {
        return refuse();
    }
    parsed.host = host;
    return parsed;
}

}  // namespace net
