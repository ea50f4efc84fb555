#include "net/http/request_encoder.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>

namespace net {
namespace {

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               std::string_view("!#$%&'*+-.^_`|~").contains(c);
    });
}

bool is_field_value(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) {
        return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
    });
}

bool is_target(std::string_view text)
{
    return text.starts_with('/') && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

bool is_host(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
               c == '-' || c == '_' || c == ':';
    });
}

constexpr std::array<std::string_view, 10> own_headers{
    "Host",
    "User-Agent",
    "Content-Length",
    "Connection",
    "Accept-Encoding",
    "Transfer-Encoding",
    "TE",
    "Trailer",
    "Upgrade",
    "Expect"
};

}  // namespace

support::result<wiped_string> encode_request(const http_request& request, std::string_view user_agent)
{
    const auto invalid = [](std::string message) {
        return support::fail(support::errc::invalid, std::move(message));
    };
    if (!is_token(request.method))
    {
        return invalid("the method of a request is not a word");
    }
    if (!is_host(request.origin.host))
    {
        return invalid("the host of a request is not a host name or address");
    }
    if (!is_target(request.target))
    {
        return invalid(
            "the path of a request does not begin with '/', or it holds characters that are not allowed"
        );
    }
    if (!is_field_value(user_agent))
    {
        return invalid("the user agent holds characters that are not allowed");
    }
    wiped_string text;
    text.reserve(1024 + request.target.size() + request.body.size());
    const auto line = [&text](std::string_view name, std::string_view value) {
        text.append(name).append(": ").append(value).append("\r\n");
    };
    text.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
    const std::string origin = request.origin.str();
    line("Host", std::string_view(origin).substr(origin.find("//") + 2));
    line("User-Agent", user_agent);
    line("Accept-Encoding", "identity");
    for (const auto& [name, value] : request.headers)
    {
        if (!is_token(name) ||
            std::ranges::any_of(own_headers, [&](auto own) { return same_name(own, name); }))
        {
            return invalid("a header of a request has a name that is not allowed");
        }
        if (!is_field_value(value))
        {
            return invalid("header " + name + " of a request holds characters that are not allowed");
        }
        line(name, value);
    }
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
        request.method == "PATCH")
    {
        line("Content-Length", std::to_string(request.body.size()));
    }
    text.append("\r\n").append(request.body);
    return text;
}

}  // namespace net
