#include "net/transport/proxy.hpp"

#include "support/percent.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace net {
namespace {

using support::errc;

struct scheme_row
{
    std::string_view name;
    proxy_kind kind;
    std::uint16_t port;
};

constexpr std::array<scheme_row, 4> schemes{
    {{"http", proxy_kind::http, 80},
     {"https", proxy_kind::https, 443},
     {"socks5", proxy_kind::socks5, 1080},
     {"socks5h", proxy_kind::socks5, 1080}}
};

constexpr std::size_t max_host = 253;         // RFC 1035 section 2.3.4, as text
constexpr std::size_t max_socks_login = 255;  // RFC 1929 section 2

std::unexpected<support::error> invalid(std::string message)
{
    return support::fail(errc::invalid, std::move(message));
}

bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// Reads "host", "host:port" or "[address]:port". False if it is none of them.
bool read_host(std::string_view text, proxy& into)
{
    std::string_view port;
    if (text.starts_with('['))
    {
        const auto end = text.find(']');
        const auto address = read_address(text.substr(1, end - 1));
        if (end == std::string_view::npos || !address || !text.substr(1, end - 1).contains(':'))
        {
            return false;
        }
        into.host = address->to_string();
        port = text.substr(end + 1);
    }
    else
    {
        const auto colon = std::min(text.find(':'), text.size());
        const auto host = text.substr(0, colon);
        if (host.empty() || host.size() > max_host || !std::ranges::all_of(host, [](char c) {
                return is_alphanumeric(c) || c == '.' || c == '-' || c == '_';
            }))
        {
            return false;
        }
        into.host = lower_case(host);
        port = text.substr(colon);
    }
    if (port.empty() || port == ":")
    {
        return true;
    }
    const char* end = port.data() + port.size();
    const auto [read, failed] = std::from_chars(port.data() + 1, end, into.port);
    return port.front() == ':' && failed == std::errc() && read == end && into.port != 0;
}

std::optional<support::secret> decoded_secret(std::string_view text)
{
    auto decoded = support::percent_decode(text);
    if (!decoded)
    {
        return std::nullopt;
    }
    support::secret secret(std::move(*decoded));
    support::wipe(*decoded);
    return secret;
}

support::result<proxy_login> read_login(std::string_view text, proxy_kind kind)
{
    const auto colon = std::min(text.find(':'), text.size());
    auto user = decoded_secret(text.substr(0, colon));
    auto password = decoded_secret(text.substr(std::min(colon + 1, text.size())));
    if (!user || !password)
    {
        return invalid("the user or the password of the proxy URL has a % that begins no %XX; write % as %25"
        );
    }
    if (kind == proxy_kind::socks5 && (user->empty() || user->reveal().size() > max_socks_login ||
                                       password->reveal().size() > max_socks_login))
    {
        return invalid("SOCKS5 takes a user of 1 to 255 bytes and a password of up to 255 bytes");
    }
    if (kind != proxy_kind::socks5 && user->reveal().contains(':'))
    {
        return invalid("the user of the proxy URL has a colon, which ends a user in HTTP (RFC 7617)");
    }
    return proxy_login{std::move(*user), std::move(*password)};
}

struct variable
{
    std::string name;
    std::string value;
};

}  // namespace

std::string proxy::str() const
{
    return scheme + "://" + with_port(host, port);
}

support::result<proxy> parse_proxy(std::string_view url)
{
    const auto scheme_end = url.find("://");
    const bool has_scheme = scheme_end != std::string_view::npos;
    proxy result;
    result.scheme = has_scheme ? lower_case(url.substr(0, scheme_end)) : "http";
    const auto row = std::ranges::find(schemes, std::string_view(result.scheme), &scheme_row::name);
    if (row == schemes.end())
    {
        const bool showable = std::ranges::all_of(result.scheme, is_alphanumeric);
        return invalid(
            (showable ? "proxies of the scheme \"" + result.scheme + "\"" : "proxies of this scheme") +
            " are not supported; use http, https, socks5 or socks5h"
        );
    }
    result.kind = row->kind;
    result.port = row->port;
    const std::string_view rest = has_scheme ? url.substr(scheme_end + 3) : url;
    const auto authority_end = std::min(rest.find_first_of("/?#"), rest.size());
    const std::string_view authority = rest.substr(0, authority_end);
    const std::string_view target = rest.substr(authority_end);
    const auto at = authority.rfind('@');
    const bool has_login = at != std::string_view::npos;
    if (!read_host(has_login ? authority.substr(at + 1) : authority, result) ||
        (!target.empty() && target != "/"))
    {
        return invalid(
            "is not the URL of a proxy, such as http://proxy.example:3128 or "
            "http://USER:PASSWORD@proxy.example:3128, where / ? # @ : and % of a password are written as "
            "%2F %3F %23 %40 %3A and %25"
        );
    }
    if (has_login)
    {
        auto login = read_login(authority.substr(0, at), result.kind);
        if (!login)
        {
            return std::unexpected(std::move(login.error()));
        }
        result.login = std::move(*login);
    }
    return result;
}

std::shared_ptr<const proxy> proxy_settings::proxy_for(const origin& to) const
{
    const auto& chosen = to.tls ? for_https : for_http;
    if (chosen == nullptr || to.host == "localhost")
    {
        return nullptr;
    }
    const auto address = read_address(to.host);
    return (address && address->is_loopback()) || exceptions.holds(to) ? nullptr : chosen;
}

support::result<proxy_settings> read_proxy_settings(
    const std::function<std::optional<std::string>(const std::string& name)>& environment
)
{
    const auto first_of = [&environment](const char* upper, const char* lowered) {
        for (const std::string name : {upper, lowered})
        {
            if (auto value = environment(name).value_or(""); !value.empty())
            {
                return variable{name, std::move(value)};
            }
        }
        return variable();
    };
    proxy_settings settings;
    for (auto& [into, set] :
         {std::pair(&settings.for_http, first_of("HTTP_PROXY", "http_proxy")),
          std::pair(&settings.for_https, first_of("HTTPS_PROXY", "https_proxy"))})
    {
        if (set.value.empty())
        {
            continue;
        }
        auto parsed = parse_proxy(set.value);
        if (!parsed)
        {
            return support::fail(set.name, parsed.error());
        }
        *into = std::make_shared<const proxy>(std::move(*parsed));
    }
    settings.exceptions = no_proxy(first_of("NO_PROXY", "no_proxy").value);
    return settings;
}

}  // namespace net
