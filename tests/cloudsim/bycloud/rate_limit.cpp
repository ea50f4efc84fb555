#include "cloudsim/bycloud/rate_limit.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace cloudsim::bycloud {

namespace {

using namespace std::chrono_literals;

const std::map<std::string, limits> tiers = {
    {"standard", {.per_minute = 60, .per_hour = 1'000}},
    {"professional", {.per_minute = 300, .per_hour = 5'000}},
    {"enterprise", {.per_minute = 1'000, .per_hour = 20'000}},
};

std::optional<std::uint64_t> number(std::string_view text)
{
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failed == std::errc() && end == text.data() + text.size() && value > 0 ? std::optional(value)
                                                                                  : std::nullopt;
}

// A window as it is before the present request.
struct window
{
    std::uint64_t limit = 0;
    std::uint64_t used = 0;
    time_point ends;  // when it admits more again

    std::uint64_t left() const { return limit - std::min(limit, used); }
};

// A fixed window begins with the minute or hour of the clock on the wall and ends with it. A sliding one is
// the last minute or hour, and ends when its oldest request leaves it.
window look(
    const std::deque<time_point>& admitted,
    std::uint64_t limit,
    duration span,
    bool sliding,
    const instant& now
)
{
    const auto into = std::chrono::duration_cast<duration>(now.wall.time_since_epoch()) % span;
    const auto begin = sliding ? now.monotonic - span + 1ns : now.monotonic - into;
    const auto oldest = std::ranges::lower_bound(admitted, begin);
    const auto used = static_cast<std::uint64_t>(std::distance(oldest, admitted.end()));
    const auto starts = !sliding ? begin : oldest == admitted.end() ? now.monotonic : *oldest;
    return {.limit = limit, .used = used, .ends = starts + span};
}

std::pair<window, window> look_at(
    const std::deque<time_point>& admitted, const limits& allowed, const settings& config, const instant& now
)
{
    const bool sliding = config.bycloud_window == "sliding";
    return {
        look(admitted, allowed.per_minute, 1min, sliding, now),
        look(admitted, allowed.per_hour, 1h, sliding, now)
    };
}

// Of the window that the setting names.
header_list headers_of(const window& minute, const window& hour, const settings& config, const instant& now)
{
    const auto& which = config.bycloud_rate_headers;
    const bool hour_is_nearer = hour.left() < minute.left();
    const auto& shown = which == "hour" || (which == "nearest" && hour_is_nearer) ? hour : minute;
    const auto reset = std::chrono::ceil<std::chrono::seconds>(now.at(shown.ends).wall.time_since_epoch());
    return {
        {"X-RateLimit-Limit", std::to_string(shown.limit)},
        {"X-RateLimit-Remaining", std::to_string(shown.left())},
        {"X-RateLimit-Reset", std::to_string(reset.count())}
    };
}

}  // namespace

std::optional<limits> limits_of(const std::string& tier)
{
    if (tier == "off")
    {
        return std::nullopt;
    }
    if (const auto known = tiers.find(tier); known != tiers.end())
    {
        return known->second;
    }
    const auto slash = tier.find('/');
    const auto per_minute = number(tier.substr(0, slash));
    const auto per_hour = slash == std::string::npos ? std::nullopt : number(tier.substr(slash + 1));
    if (!per_minute || !per_hour)
    {
        throw std::invalid_argument(
            "unknown tier: " + tier + " (off, standard, professional, enterprise or PER_MINUTE/PER_HOUR)"
        );
    }
    return limits{.per_minute = *per_minute, .per_hour = *per_hour};
}

verdict rate_limiter::admit(const credential& who, const settings& config, const instant& now)
{
    auto& total = totals_[who.id];
    const auto allowed = limits_of(who.tier.empty() ? config.bycloud_tier : who.tier);
    if (!allowed)
    {
        ++total.admitted;
        return {};
    }
    auto& admitted = admitted_[who.id];
    while (!admitted.empty() && admitted.front() <= now.monotonic - 1h)
    {
        admitted.pop_front();
    }
    auto [minute, hour] = look_at(admitted, *allowed, config, now);
    verdict result{.admitted = minute.left() > 0 && hour.left() > 0};
    if (result.admitted)
    {
        admitted.push_back(now.monotonic);
        std::tie(minute, hour) = look_at(admitted, *allowed, config, now);
    }
    else
    {
        const auto until = std::max(
            minute.left() > 0 ? now.monotonic : minute.ends, hour.left() > 0 ? now.monotonic : hour.ends
        );
        result.wait = until - now.monotonic;
    }
    ++(result.admitted ? total.admitted : total.limited);
    result.headers = headers_of(minute, hour, config, now);
    return result;
}

header_list rate_limiter::headers_of_nobody(const settings& config, const instant& now)
{
    const auto allowed = limits_of(config.bycloud_tier);
    if (!allowed)
    {
        return {};
    }
    const auto [minute, hour] = look_at({}, *allowed, config, now);
    return headers_of(minute, hour, config, now);
}

}  // namespace cloudsim::bycloud
