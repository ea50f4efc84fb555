#include "cloud/bycloud/rate_report.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace cloud::bycloud {
namespace {

using namespace std::chrono_literals;

constexpr int too_many_requests = 429;
constexpr support::duration longest_retry = 1h;
constexpr support::duration longest_reset = 2h;

template <class Number>
std::optional<Number> number_in(std::string_view text)
{
    Number value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    return !text.empty() && failed == std::errc() && end == text.data() + text.size() ? std::optional(value)
                                                                                      : std::nullopt;
}

template <class Number>
std::optional<Number> number_of(const std::vector<net::header>& headers, std::string_view name)
{
    return number_in<Number>(net::find_header(headers, name));
}

// "Tue, 24 Nov 2026 11:51:31 GMT" (RFC 9110 section 5.6.7), the only form that servers may send today.
std::optional<support::wall_time> date_of(std::string_view text)
{
    constexpr std::size_t length = 29;
    static constexpr std::array<std::string_view, 12> months{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };
    if (text.size() != length || !text.ends_with(" GMT"))
    {
        return std::nullopt;
    }
    const auto day = number_in<unsigned>(text.substr(5, 2));
    const auto* const month = std::ranges::find(months, text.substr(8, 3));
    const auto year = number_in<int>(text.substr(12, 4));
    const auto hour = number_in<int>(text.substr(17, 2));
    const auto minute = number_in<int>(text.substr(20, 2));
    const auto second = number_in<int>(text.substr(23, 2));
    if (!day || month == months.end() || !year || !hour || !minute || !second)
    {
        return std::nullopt;
    }
    const std::chrono::year_month_day date(
        std::chrono::year(*year),
        std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
        std::chrono::day(*day)
    );
    if (!date.ok())
    {
        return std::nullopt;
    }
    return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
           std::chrono::seconds(*second);
}

}  // namespace

std::optional<support::duration> pause_of(const std::vector<net::header>& headers)
{
    const auto text = net::find_header(headers, "Retry-After");
    if (text.ends_with(" GMT"))
    {
        return std::chrono::minutes(1);
    }
    const auto seconds = number_in<std::uint32_t>(text);
    return seconds ? std::optional(std::min<support::duration>(longest_retry, std::chrono::seconds(*seconds)))
                   : std::nullopt;
}

rate_report read_rate_report(const net::http_response& answer, support::wall_time wall)
{
    rate_report read;
    read.over_limit = answer.status == too_many_requests;
    read.retry_after = pause_of(answer.headers);
    read.limit = number_of<std::uint32_t>(answer.headers, "X-RateLimit-Limit");
    read.remaining = number_of<std::uint32_t>(answer.headers, "X-RateLimit-Remaining");
    if (const auto reset = number_of<std::uint32_t>(answer.headers, "X-RateLimit-Reset"))
    {
        const auto sent_at = date_of(net::find_header(answer.headers, "Date")).value_or(wall);
        const auto wait = std::chrono::seconds(*reset) - sent_at.time_since_epoch();
        read.reset_in = std::clamp<support::duration>(wait, 0s, longest_reset);
    }
    return read;
}

}  // namespace cloud::bycloud
