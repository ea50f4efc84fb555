#include "support/go_duration.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace support {
namespace {

struct unit
{
    std::string_view name;
    double nanoseconds;
};

// A unit whose name begins with the name of another one stands before that one.
constexpr std::array<unit, 8> units{
    {{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"μs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}
};

std::unexpected<error> malformed(std::string_view text)
{
    return fail(
        errc::invalid, "\"" + std::string(text) + "\" is not a duration; write it as in 30s, 10m or 1h30m"
    );
}

}  // namespace

result<duration> parse_go_duration(std::string_view text)
{
    std::string_view rest = text;
    if (rest == "0")
    {
        return duration::zero();
    }
    double total = 0;
    if (rest.empty())
    {
        return malformed(text);
    }
    while (!rest.empty())
    {
        double number = 0;
        const auto [end, ec] =
            std::from_chars(rest.data(), rest.data() + rest.size(), number, std::chars_format::fixed);
        if (ec != std::errc{} || rest.front() == '-')
        {
            return malformed(text);
        }
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
        const unit* matched = nullptr;
        for (const unit& candidate : units)
        {
            if (rest.starts_with(candidate.name))
            {
                matched = &candidate;
                break;
            }
        }
        if (matched == nullptr)
        {
            return malformed(text);
        }
        rest.remove_prefix(matched->name.size());
        total += number * matched->nanoseconds;
    }
    if (!std::isfinite(total) || total > 9.0e18)
    {
        return malformed(text);
    }
    return duration(std::llround(total));
}

std::string format_go_duration(duration value)
{
    if (value == duration::zero())
    {
        return "0s";
    }
    std::string text;
    constexpr std::array<std::pair<const char*, std::int64_t>, 6> parts{
        {{"h", 3'600'000'000'000},
         {"m", 60'000'000'000},
         {"s", 1'000'000'000},
         {"ms", 1'000'000},
         {"us", 1'000},
         {"ns", 1}}
    };
    std::int64_t rest = value.count();
    if (rest < 0)
    {
        text = "-";
        rest = -rest;
    }
    for (const auto& [name, size] : parts)
    {
        if (rest >= size)
        {
            text += std::to_string(rest / size) + name;
            rest %= size;
        }
    }
    return text;
}

}  // namespace support
