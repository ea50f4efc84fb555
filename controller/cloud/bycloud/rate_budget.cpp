#include "cloud/bycloud/rate_budget.hpp"

#include <algorithm>
#include <array>

namespace cloud::bycloud {
namespace {

using namespace std::chrono_literals;

constexpr support::duration minute = 60s;
constexpr support::duration hour = 1h;
constexpr std::int64_t buckets_of_a_window = 60;
// For clocks that differ, and for headers in whole seconds.
constexpr support::duration margin = 1s;
constexpr support::duration default_pause = 30s;  // of a 429 without Retry-After

struct tier
{
    std::uint32_t minute;
    std::uint32_t hour;
};
constexpr std::array<tier, 3> tiers{{{60, 1'000}, {300, 5'000}, {1'000, 20'000}}};
constexpr tier lowest = tiers.front();
// Of a limit that no page names: the hour of every tier has at least as many minutes' worth.
constexpr std::uint32_t least_minutes_in_an_hour = 16;

std::uint32_t hour_of(std::uint32_t of_minute)
{
    const auto* known = std::ranges::find(tiers, of_minute, &tier::minute);
    return known != tiers.end() ? known->hour : of_minute * least_minutes_in_an_hour;
}

std::uint32_t minute_of(std::uint32_t of_hour)
{
    const auto* known = std::ranges::find(tiers, of_hour, &tier::hour);
    constexpr std::uint32_t most_minutes_in_an_hour = 20;
    return known != tiers.end() ? known->minute : std::max(1U, of_hour / most_minutes_in_an_hour);
}

// What a request of this purpose leaves to the earlier ones, of each window.
std::uint32_t kept_for_others(purpose what_for, std::uint32_t limit)
{
    constexpr std::array<std::uint32_t, purposes> thousandths{0, 33, 100, 300};
    constexpr std::uint32_t all = 1'000;
    return static_cast<std::uint32_t>(
        std::uint64_t{limit} * thousandths.at(static_cast<std::size_t>(what_for)) / all
    );
}

}  // namespace

// ---- what was sent ----

sent_requests::sent_requests(support::duration length)
    : length_(length + margin), width_(length / buckets_of_a_window)
{}

bool sent_requests::counts(const bucket& old, support::time_point now) const
{
    return old.since + width_ + length_ > now;
}

void sent_requests::add(support::time_point now)
{
    while (!buckets_.empty() && !counts(buckets_.front(), now))
    {
        buckets_.pop_front();
    }
    if (buckets_.empty() || buckets_.back().since + width_ <= now)
    {
        buckets_.push_back({now});
    }
    ++buckets_.back().count;
}

std::uint32_t sent_requests::count(support::time_point now) const
{
    std::uint32_t counted = 0;
    for (const bucket& each : buckets_)
    {
        counted += counts(each, now) ? each.count : 0;
    }
    return counted;
}

support::time_point sent_requests::below(std::uint32_t allowed, support::time_point now) const
{
    std::uint32_t counted = count(now);
    support::time_point at = now;
    for (const bucket& each : buckets_)
    {
        if (counted < allowed)
        {
            break;
        }
        if (counts(each, now))
        {
            counted -= each.count;
            at = each.since + width_ + length_;
        }
    }
    return at;
}

// ---- one window ----

std::uint32_t rate_budget::window::left(support::time_point now) const
{
    const std::uint32_t counted = sent.count(now);
    const std::uint32_t own = limit > counted ? limit - counted : 0;
    return said && now < said->until ? std::min(own, said->remaining) : own;
}

support::time_point rate_budget::window::ready_at(std::uint32_t kept, support::time_point now) const
{
    const std::uint32_t allowed = std::max(1U, limit > kept ? limit - kept : 0);
    const support::time_point own = sent.below(allowed, now);
    return said && now < said->until && said->remaining <= kept ? std::max(own, said->until) : own;
}

// ---- the budget ----

rate_budget::rate_budget()
    : minute_{lowest.minute, sent_requests(minute)}, hour_{lowest.hour, sent_requests(hour)}
{}

support::time_point rate_budget::ready_at(purpose what_for, support::time_point now) const
{
    const auto ready = [&](const window& of) {
        return of.ready_at(kept_for_others(what_for, of.limit), now);
    };
    return std::max({blocked_until_, ready(minute_), ready(hour_)});
}

std::uint32_t rate_budget::left(support::time_point now) const
{
    return now < blocked_until_ ? 0 : std::min(minute_.left(now), hour_.left(now));
}

void rate_budget::sent(support::time_point now)
{
    ++in_flight_;
    for (window* each : {&minute_, &hour_})
    {
        each->sent.add(now);
        if (each->said && each->said->remaining > 0)
        {
            --each->said->remaining;
        }
    }
}

void rate_budget::lost()
{
    --in_flight_;
}

void rate_budget::answered(const rate_report& report, support::time_point now)
{
    --in_flight_;
    if (report.limit && *report.limit > 0)
    {
        learn(report, now);
    }
    if (report.over_limit)
    {
        blocked_until_ = std::max(blocked_until_, now + report.retry_after.value_or(default_pause));
    }
}

// Of the two windows the answer describes one, and the limit of the other follows from the table of tiers.
void rate_budget::learn(const rate_report& report, support::time_point now)
{
    const std::uint32_t limit = *report.limit;
    const bool of_hour = is_hour(report, now);
    window& described = of_hour ? hour_ : minute_;
    window& other = of_hour ? minute_ : hour_;
    described.limit = limit;
    described.is_known = true;
    if (!other.is_known)
    {
        other.limit = of_hour ? minute_of(limit) : hour_of(limit);
    }
    if (report.remaining && report.reset_in)
    {
        // The requests in flight may not be counted in it yet.
        const std::uint32_t remaining = *report.remaining > in_flight_ ? *report.remaining - in_flight_ : 0;
        described.said = told{std::min(remaining, limit), now + *report.reset_in + margin};
    }
}

// A thousand is the limit of an hour and, in another tier, of a minute. It counts as the minute's only if two
// windows that ended within a minute and a half of each other had it.
bool rate_budget::is_hour(const rate_report& report, support::time_point now)
{
    const auto reset_in = report.reset_in.value_or(0s);
    const bool is_tier_of_hour = std::ranges::find(tiers, *report.limit, &tier::hour) != tiers.end();
    if (reset_in > minute + margin)
    {
        last_reset_.reset();
        return true;
    }
    if (!is_tier_of_hour)
    {
        return false;
    }
    const bool knows_minute = minute_.is_known && minute_.limit == *report.limit;
    if (knows_minute)
    {
        return false;
    }
    const auto reset = now + reset_in;
    const bool follows =
        last_reset_ && reset - *last_reset_ > minute / 2 && reset - *last_reset_ < minute * 3 / 2;
    if (!last_reset_ || reset - *last_reset_ >= minute / 2)
    {
        last_reset_ = reset;
    }
    if (follows)
    {
        hour_.is_known = false;  // what was taken for the hour's was the minute's
    }
    return !follows;
}

}  // namespace cloud::bycloud
