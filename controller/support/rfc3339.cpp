#include "support/rfc3339.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace support {
namespace {

// Takes exactly `digits` decimal digits from the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits)
{
    if (text.size() < digits)
    {
        return std::nullopt;
    }
    int value = 0;
    for (char c : text.substr(0, digits))
    {
        if (c < '0' || c > '9')
        {
            return std::nullopt;
        }
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, std::string_view any_of)
{
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos)
    {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

}  // namespace

std::string format_rfc3339(wall_time time)
{
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::array<char, 40> text{};
    const int length = std::snprintf(
        text.data(),
        text.size(),
        "%04d-%02u-%02uT%02d:%02d:%02dZ",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count())
    );
    return {text.data(), static_cast<std::size_t>(length)};
}

std::optional<wall_time> parse_rfc3339(std::string_view text)
{
    const auto year = take_number(text, 4);
    const bool dash1 = take(text, "-");
    const auto month = take_number(text, 2);
    const bool dash2 = take(text, "-");
    const auto day = take_number(text, 2);
    const bool separator = take(text, "Tt ");
    const auto hour = take_number(text, 2);
    const bool colon1 = take(text, ":");
    const auto minute = take_number(text, 2);
    const bool colon2 = take(text, ":");
    const auto second = take_number(text, 2);
    if (!year || !dash1 || !month || !dash2 || !day || !separator || !hour || !colon1 || !minute || !colon2 ||
        !second)
    {
        return std::nullopt;
    }
    if (take(text, "."))
    {
        bool any = false;
        while (take(text, "0123456789"))
        {
            any = true;
        }
        if (!any)
        {
            return std::nullopt;
        }
    }
    std::chrono::minutes offset{0};
    if (!text.empty() && !take(text, "Zz"))
    {
        const int sign = text.front() == '-' ? -1 : 1;
        const bool signed_offset = take(text, "+-");
        const auto offset_hours = take_number(text, 2);
        const bool colon = take(text, ":");
        const auto offset_minutes = take_number(text, 2);
        if (!signed_offset || !offset_hours || !colon || !offset_minutes || *offset_hours > 23 ||
            *offset_minutes > 59)
        {
            return std::nullopt;
        }
        offset = sign * (std::chrono::hours(*offset_hours) + std::chrono::minutes(*offset_minutes));
    }
    const std::chrono::year_month_day date(
        std::chrono::year(*year),
        std::chrono::month(static_cast<unsigned>(*month)),
        std::chrono::day(static_cast<unsigned>(*day))
    );
    if (!text.empty() || !date.ok() || *hour > 23 || *minute > 59 || *second > 60)
    {
        return std::nullopt;
    }
    return wall_time(
        std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
        std::chrono::seconds(*second) - offset
    );
}

}  // namespace support
