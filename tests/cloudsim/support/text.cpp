#include "cloudsim/support/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>

namespace cloudsim {

namespace {

char lower(char c)
{
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
    {
        return c - '0';
    }
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string percent_decode(std::string_view text, bool plus_is_space)
{
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
            hex_digit(text[i + 2]) >= 0)
        {
            result += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        }
        else
        {
            result += plus_is_space && text[i] == '+' ? ' ' : text[i];
        }
    }
    return result;
}

// The fields of a time in UTC; empty if the text is none.
struct calendar
{
    int year = 0;
    int month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
};

calendar to_calendar(wall_time when)
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(when);
    const auto days = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date(days);
    const std::chrono::hh_mm_ss time(seconds - days);
    return {
        .year = static_cast<int>(date.year()),
        .month = static_cast<int>(static_cast<unsigned>(date.month())),
        .day = static_cast<int>(static_cast<unsigned>(date.day())),
        .hour = static_cast<int>(time.hours().count()),
        .minute = static_cast<int>(time.minutes().count()),
        .second = static_cast<int>(time.seconds().count())
    };
}

std::string format(const calendar& c, const char* end)
{
    std::array<char, 64> buffer{};
    std::snprintf(
        buffer.data(),
        buffer.size(),
        "%04d-%02d-%02dT%02d:%02d:%02d%s",
        c.year,
        c.month,
        c.day,
        c.hour,
        c.minute,
        c.second,
        end
    );
    return buffer.data();
}

}  // namespace

std::string python_dump(const json& value)
{
    if (!value.is_structured())
    {
        return value.dump(-1, ' ', true, json::error_handler_t::replace);
    }
    std::string result(1, value.is_object() ? '{' : '[');
    bool first = true;
    for (const auto& item : value.items())
    {
        result += first ? "" : ", ";
        first = false;
        if (value.is_object())
        {
            result += json(item.key()).dump(-1, ' ', true, json::error_handler_t::replace) + ": ";
        }
        result += python_dump(item.value());
    }
    return result + (value.is_object() ? '}' : ']');
}

std::string python_repr(const std::vector<std::string>& items)
{
    std::string result = "[";
    for (const auto& item : items)
    {
        const char quote = item.contains('\'') && !item.contains('"') ? '"' : '\'';
        result += result.size() > 1 ? ", " : "";
        result += quote + item + quote;
    }
    return result + "]";
}

std::string python_repr(const json& value)
{
    if (value.is_null())
    {
        return "None";
    }
    if (value.is_boolean())
    {
        return value.get<bool>() ? "True" : "False";
    }
    if (value.is_string())
    {
        const auto list = python_repr(std::vector{value.get<std::string>()});
        return list.substr(1, list.size() - 2);
    }
    if (!value.is_structured())
    {
        return value.dump();
    }
    std::string result;
    for (const auto& item : value.items())
    {
        result += result.empty() ? "" : ", ";
        result += value.is_object() ? python_repr(json(item.key())) + ": " : "";
        result += python_repr(item.value());
    }
    return value.is_object() ? "{" + result + "}" : "[" + result + "]";
}

std::string member_text(const json& value, std::string_view name)
{
    const auto found = value.is_object() ? value.find(name) : value.end();
    return found != value.end() && found->is_string() ? found->get<std::string>() : "";
}

json text_or_null(const std::optional<std::string>& text)
{
    return text ? json(*text) : json(nullptr);
}

std::optional<std::string> text_or_none(const json& value)
{
    return value.is_null() ? std::nullopt : std::optional(value.get<std::string>());
}

std::string iso_time(wall_time when)
{
    return format(to_calendar(when), "");
}

std::string keystone_time(wall_time when)
{
    return format(to_calendar(when), ".000000Z");
}

std::string rfc3339_time(wall_time when)
{
    return format(to_calendar(when), "Z");
}

std::optional<wall_time> parse_time(std::string_view text)
{
    calendar c;
    if (std::sscanf(
            std::string(text).c_str(),
            "%4d-%2d-%2dT%2d:%2d:%2d",
            &c.year,
            &c.month,
            &c.day,
            &c.hour,
            &c.minute,
            &c.second
        ) != 6)
    {
        return std::nullopt;
    }
    const std::chrono::year_month_day date(
        std::chrono::year(c.year),
        std::chrono::month(static_cast<unsigned>(c.month)),
        std::chrono::day(static_cast<unsigned>(c.day))
    );
    if (!date.ok())
    {
        return std::nullopt;
    }
    return std::chrono::sys_days(date) + std::chrono::hours(c.hour) + std::chrono::minutes(c.minute) +
           std::chrono::seconds(c.second);
}

std::string to_lower(std::string_view text)
{
    std::string result(text);
    std::ranges::transform(result, result.begin(), lower);
    return result;
}

bool is_uuid(std::string_view text)
{
    if (text.size() != 36)
    {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : hex_digit(text[i]) < 0)
        {
            return false;
        }
    }
    return true;
}

bool target::is(const std::vector<std::string_view>& pattern) const
{
    return std::ranges::equal(pattern, segments, [](std::string_view want, const std::string& have) {
        return want == "*" || want == have;
    });
}

target parse_target(std::string_view text)
{
    target result;
    const auto question = text.find('?');
    auto path = text.substr(0, question);
    while (!path.empty())
    {
        const auto slash = path.find('/');
        if (slash != 0)
        {
            result.segments.push_back(percent_decode(path.substr(0, slash), false));
        }
        path = slash == std::string_view::npos ? "" : path.substr(slash + 1);
    }
    auto query = question == std::string_view::npos ? "" : text.substr(question + 1);
    while (!query.empty())
    {
        const auto end = query.find('&');
        const auto pair = query.substr(0, end);
        const auto equals = pair.find('=');
        const auto value = equals == std::string_view::npos ? "" : pair.substr(equals + 1);
        result.query[percent_decode(pair.substr(0, equals), true)] = percent_decode(value, true);
        query = end == std::string_view::npos ? "" : query.substr(end + 1);
    }
    return result;
}

base_url parse_base_url(std::string_view text)
{
    while (text.ends_with('/'))
    {
        text.remove_suffix(1);
    }
    base_url result{.text = std::string(text), .authority = {}, .path = {}};
    const auto scheme = text.find("://");
    const auto rest = scheme == std::string_view::npos ? text : text.substr(scheme + 3);
    const auto slash = rest.find('/');
    result.authority = rest.substr(0, slash);
    result.path = slash == std::string_view::npos ? "" : rest.substr(slash);
    return result;
}

std::string base64_decode(std::string_view text)
{
    static constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string result;
    unsigned bits = 0;
    int count = 0;
    for (const char c : text)
    {
        const auto value = alphabet.find(c);
        if (value == std::string_view::npos)
        {
            continue;
        }
        bits = (bits << 6U) | static_cast<unsigned>(value);
        count += 6;
        if (count >= 8)
        {
            count -= 8;
            result += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
        }
    }
    return result;
}

}  // namespace cloudsim
