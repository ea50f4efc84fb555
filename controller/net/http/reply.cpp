#include "net/http/reply.hpp"

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace http = boost::beast::http;

namespace net {
namespace {

bool has_header(const page& of, std::string_view name)
{
    return std::ranges::any_of(of.headers, [&](const header& h) { return same_name(h.name, name); });
}

// RFC 9110 sections 8.6 and 15.3.5: these have neither a body nor its length.
bool without_body(int status)
{
    return status / 100 == 1 || status == 204 || status == 304;
}

// RFC 9110 section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(support::wall_time time)
{
    constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::array<char, 40> text{};
    const int size = std::snprintf(
        text.data(),
        text.size(),
        "%s, %02u %s %04d %02d:%02d:%02d GMT",
        days.at(std::chrono::weekday(day).c_encoding()),
        static_cast<unsigned>(date.day()),
        months.at(static_cast<unsigned>(date.month()) - 1),
        static_cast<int>(date.year()),
        static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count())
    );
    return {text.data(), static_cast<std::size_t>(size)};
}

// A header is one line, whatever is in its value.
std::string line_of(const header& from)
{
    std::string line = "\r\n" + from.name + ": " + from.value;
    std::replace_if(line.begin() + 2, line.end(), [](unsigned char c) { return c < ' ' && c != '\t'; }, ' ');
    return line;
}

}  // namespace

std::string header_of(const reply& answer, support::wall_time now)
{
    const net::page& page = answer.page;
    std::string text = "HTTP/1.1 " + std::to_string(page.status) + " ";
    text += http::obsolete_reason(http::int_to_status(static_cast<unsigned>(page.status)));
    text += "\r\nDate: " + http_date(now);
    if (!without_body(page.status))
    {
        text += page.content_type.empty() ? "" : "\r\nContent-Type: " + page.content_type;
        text += answer.chunked ? "\r\nTransfer-Encoding: chunked"
                : page.pieces  ? ""
                               : "\r\nContent-Length: " + std::to_string(page.body.size());
    }
    text += has_header(page, "Cache-Control") ? "" : "\r\nCache-Control: no-store";
    text += "\r\nX-Content-Type-Options: nosniff";
    for (const header& further : page.headers)
    {
        text += line_of(further);
    }
    text += !answer.keep ? "\r\nConnection: close" : !answer.modern ? "\r\nConnection: keep-alive" : "";
    return text + "\r\n\r\n";
}

std::string_view body_of(const reply& answer)
{
    const bool sent = !answer.head && !answer.page.pieces && !without_body(answer.page.status);
    return sent ? std::string_view(answer.page.body) : std::string_view();
}

std::string chunk_of(std::string_view piece)
{
    std::array<char, 16> size{};
    char* const end = std::to_chars(size.begin(), size.end(), piece.size(), 16).ptr;
    return std::string(size.data(), end).append("\r\n").append(piece).append("\r\n");
}

}  // namespace net
