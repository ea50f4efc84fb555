#include "net/url.hpp"

#include "support/text.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace net {
namespace {

bool is_unreserved(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

std::string lower(std::string_view text)
{
    std::string lowered(text);
    std::ranges::transform(lowered, lowered.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lowered;
}

}  // namespace

std::string url::str() const
{
    return origin.str() + path + (query.empty() ? "" : "?" + query);
}

support::result<url> parse_url(std::string_view text)
{
    // What may hold a password is not shown.
    const std::string shown = text.contains('@') ? "the URL" : "\"" + support::clean(text) + "\"";
    const auto invalid = [&shown](std::string_view why) {
        return support::fail(support::errc::invalid, shown + " " + std::string(why));
    };
    const auto parsed = boost::urls::parse_uri(text);
    if (!parsed)
    {
        return invalid("is not a URL such as https://host:5000/v3");
    }
    const boost::urls::url_view view = *parsed;
    const std::string scheme = lower(view.scheme());
    if (scheme != "http" && scheme != "https")
    {
        return invalid("is not an http or https URL");
    }
    if (view.has_userinfo())
    {
        return invalid("holds a user name; credentials do not belong into a URL");
    }
    if (view.has_fragment())
    {
        return invalid("has a fragment (#...)");
    }
    url result;
    result.origin.tls = scheme == "https";
    result.origin.port = view.port_number();
    if (!view.has_port() || view.port().empty())
    {
        result.origin.port = result.origin.tls ? 443 : 80;
    }
    if (result.origin.port == 0)
    {
        return invalid("has a port that is not within 1 to 65535");
    }
    switch (view.host_type())
    {
        case boost::urls::host_type::name:
            result.origin.host = lower(view.encoded_host());
            break;
        case boost::urls::host_type::ipv4:
            result.origin.host = view.host_ipv4_address().to_string();
            break;
        case boost::urls::host_type::ipv6:
            result.origin.host = view.host_ipv6_address().to_string();
            break;
        default:
            break;
    }
    const auto& host = result.origin.host;
    const bool name_ok = view.host_type() != boost::urls::host_type::name ||
                         std::ranges::all_of(host, [](char c) { return is_unreserved(c) && c != '~'; });
    if (host.empty() || host.size() > 253 || !name_ok)
    {
        return invalid("has no host name or address");
    }
    result.path = view.encoded_path();
    result.path.erase(result.path.find_last_not_of('/') + 1);
    result.query = view.encoded_query();
    return result;
}

std::string percent_encode(std::string_view text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text)
    {
        if (is_unreserved(c))
        {
            encoded += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        encoded += '%';
        encoded += digits[byte >> 4];
        encoded += digits[byte & 0xF];
    }
    return encoded;
}

}  // namespace net
