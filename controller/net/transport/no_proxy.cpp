#include "net/transport/no_proxy.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>
#include <charconv>
#include <ranges>
#include <span>
#include <utility>

namespace asio = boost::asio;

namespace net {
namespace {

struct host_and_port
{
    std::string_view host;
    std::string_view port;
};

// "host:port" or "[address]:port", as Go's net.SplitHostPort reads it. Empty if there is no port.
std::optional<host_and_port> split_port(std::string_view text)
{
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
    {
        return std::nullopt;
    }
    host_and_port split{text.substr(0, colon), text.substr(colon + 1)};
    if (split.host.starts_with('[') && split.host.ends_with(']'))
    {
        split.host = split.host.substr(1, split.host.size() - 2);
    }
    else if (split.host.contains(':'))
    {
        return std::nullopt;
    }
    const bool odd = split.host.find_first_of("[]") != std::string_view::npos ||
                     split.port.find_first_of("[]") != std::string_view::npos;
    return odd ? std::nullopt : std::optional(split);
}

// Whether a server can have this port.
bool is_port(std::string_view text)
{
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto [read, failed] = std::from_chars(text.data(), end, port);
    return failed == std::errc() && read == end && port != 0 && text.front() != '0';
}

// Whether a host name can end like this.
bool is_name(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_';
    });
}

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view spaces = " \t\n\v\f\r";
    const auto first = text.find_first_not_of(spaces);
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

unsigned bits_of(const asio::ip::address& address)
{
    return address.is_v4() ? 32 : 128;
}

// Clears the bits behind the first `prefix` bits.
template <class Bytes>
Bytes masked(Bytes bytes, unsigned prefix)
{
    for (unsigned i = 0; i < bytes.size(); ++i)
    {
        const unsigned kept = std::min(8U, prefix - std::min(prefix, 8 * i));
        bytes[i] = static_cast<unsigned char>(bytes[i] & (0xFF00U >> kept));
    }
    return bytes;
}

asio::ip::address masked(const asio::ip::address& address, unsigned prefix)
{
    return address.is_v4()
               ? asio::ip::address(asio::ip::address_v4(masked(address.to_v4().to_bytes(), prefix)))
               : asio::ip::address(asio::ip::address_v6(masked(address.to_v6().to_bytes(), prefix)));
}

// An IPv4 address in IPv6 form as the IPv4 address.
asio::ip::address plain(const asio::ip::address& address)
{
    return address.is_v6() && address.to_v6().is_v4_mapped()
               ? asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6())
               : address;
}

// An address without a zone, in the form in which it is written.
std::optional<asio::ip::address> address_as_written(std::string_view text)
{
    boost::system::error_code failed;
    const auto address = asio::ip::make_address(std::string(text), failed);
    return failed || text.contains('%') ? std::nullopt : std::optional(address);
}

}  // namespace

std::optional<asio::ip::address> read_address(std::string_view host)
{
    const auto address = address_as_written(host);
    return address ? std::optional(plain(*address)) : std::nullopt;
}

no_proxy::no_proxy(std::string_view list)
{
    for (const auto part : std::views::split(list, ','))
    {
        const std::string entry = lower_case(trimmed(std::string_view(part.begin(), part.end())));
        if (entry == "*")
        {
            all_ = true;
            break;
        }
        if (!entry.empty() && !add(entry))
        {
            meaningless_.push_back(entry);
        }
    }
    const bool may_have_login = list.contains('@') || list.contains("%40");
    if (may_have_login && !meaningless_.empty())
    {
        // One of them may be a URL with a password, and a password may have commas.
        meaningless_ = {"(not shown, because there is an @ among them)"};
    }
}

std::optional<no_proxy::network> no_proxy::read_network(std::string_view entry)
{
    const auto slash = entry.find('/');
    const auto address = address_as_written(entry.substr(0, slash));
    if (slash == std::string_view::npos || !address)
    {
        return std::nullopt;
    }
    unsigned prefix = 0;
    const char* end = entry.data() + entry.size();
    const auto [read, failed] = std::from_chars(entry.data() + slash + 1, end, prefix);
    if (failed != std::errc() || read != end || prefix > bits_of(*address))
    {
        return std::nullopt;
    }
    const auto lowest = masked(*address, prefix);
    const auto shown = plain(lowest);
    return network{shown, shown.is_v4() && lowest.is_v6() ? prefix - 96 : prefix, {}};
}

bool no_proxy::add(std::string_view entry)
{
    if (auto read = read_network(entry))
    {
        networks_.push_back(std::move(*read));
        return true;
    }
    const auto [host, port] = split_port(entry).value_or(host_and_port{entry, {}});
    if (host.empty() || (!port.empty() && !is_port(port)))
    {
        return false;
    }
    if (const auto address = read_address(host))
    {
        networks_.push_back({*address, bits_of(*address), std::string(port)});
        return true;
    }
    const std::string_view name = host.starts_with("*.") ? host.substr(1) : host;
    const bool itself = !name.starts_with('.');
    domains_.push_back({(itself ? "." : "") + std::string(name), std::string(port), itself});
    return is_name(name);
}

bool no_proxy::holds(const origin& to) const
{
    const std::string port = std::to_string(to.port);
    const auto has_port = [&port](const auto& rule) { return rule.port.empty() || rule.port == port; };
    if (const auto address = read_address(to.host))
    {
        return all_ || std::ranges::any_of(networks_, [&](const network& rule) {
                   return rule.lowest.is_v4() == address->is_v4() &&
                          masked(*address, rule.prefix) == rule.lowest && has_port(rule);
               });
    }
    const std::string host = lower_case(to.host);
    return all_ || std::ranges::any_of(domains_, [&](const domain& rule) {
               const bool below = host.ends_with(rule.suffix);
               const bool same = rule.itself && host == std::string_view(rule.suffix).substr(1);
               return (below || same) && has_port(rule);
           });
}

}  // namespace net
