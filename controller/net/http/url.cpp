#include "net/http/url.hpp"

#include "support/text.hpp"

#include <boost/url/ipv6_address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <charconv>

namespace net {
namespace {

constexpr std::size_t max_host = 253;  // RFC 1035 section 2.3.4, as text

bool is_unreserved(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

// Reads host and port. Not by Boost 1.81, because it takes "10.0.0.1.nip.io" for an address and ".nip.io" for
// the path.
bool read_authority(std::string_view text, origin& result)
{
    const bool bracketed = text.starts_with('[');
    const auto host_end = bracketed ? text.find(']') : text.find(':');
    std::string_view host = text.substr(0, host_end);
    std::string_view port = host.size() == text.size() ? std::string_view() : text.substr(host.size());
    if (bracketed)
    {
        const auto address = boost::urls::parse_ipv6_address(host.substr(1));
        if (host_end == std::string_view::npos || !address)
        {
            return false;
        }
        result.host = address->to_string();
        port.remove_prefix(1);
    }
    else
    {
        if (host.empty() || host.size() > max_host ||
            !std::ranges::all_of(host, [](char c) { return is_unreserved(c) && c != '~'; }))
        {
            return false;
        }
        result.host = lower_case(host);
    }
    if (port.empty() || port == ":")
    {
        result.port = result.tls ? 443 : 80;
        return true;
    }
    const char* end = port.data() + port.size();
    const auto [read, ec] = std::from_chars(port.data() + 1, end, result.port);
    return port.front() == ':' && ec == std::errc() && read == end && result.port != 0;
}

}  // namespace

std::string url::str() const
{
    return origin.str() + path + (query.empty() ? "" : "?" + query);
}

support::result<url> parse_url(std::string_view text)
{
    // A text with "@" is not quoted in the message, because it may hold a password.
    const std::string subject = text.contains('@') ? "the URL" : "\"" + support::clean(text) + "\"";
    const auto invalid = [&subject](std::string_view why) {
        return support::fail(support::errc::invalid, subject + " " + std::string(why));
    };
    constexpr std::string_view white_space = " \t\n\v\f\r";
    if (!text.empty() && (white_space.contains(text.front()) || white_space.contains(text.back())))
    {
        return invalid("has white space around it; remove it");
    }
    const auto scheme_end = text.find("://");
    if (scheme_end == std::string_view::npos)
    {
        return invalid("is not a URL such as https://host:5000/v3");
    }
    const std::string scheme = lower_case(text.substr(0, scheme_end));
    if (scheme != "http" && scheme != "https")
    {
        return invalid("is not an http or https URL");
    }
    std::string_view rest = text.substr(scheme_end + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    rest.remove_prefix(authority.size());
    if (authority.contains('@'))
    {
        return invalid("holds a user name; credentials do not belong in a URL");
    }
    if (rest.contains('#'))
    {
        return invalid("has a fragment (#...)");
    }
    url result;
    result.origin.tls = scheme == "https";
    if (!read_authority(authority, result.origin))
    {
        return invalid("has no valid host and port");
    }
    const std::string target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
    const auto parsed = boost::urls::parse_origin_form(target);
    if (!parsed)
    {
        return invalid("holds characters that must be percent-encoded");
    }
    result.path = parsed->encoded_path();
    result.path.erase(result.path.find_last_not_of('/') + 1);
    result.query = parsed->encoded_query();
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
