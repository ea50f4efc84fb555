#include "cloud/bycloud/rate_budget.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

namespace {

using namespace std::chrono_literals;
using cloud::purpose;
using cloud::bycloud::rate_budget;
using cloud::bycloud::rate_report;

const support::time_point t0{10h};

// Sends as soon as the budget admits it, from `from` to `to`, and returns the times.
std::vector<support::time_point> send_all(
    rate_budget& budget, purpose what_for, support::time_point from, support::time_point to
)
{
    std::vector<support::time_point> times;
    for (auto now = from; now < to;)
    {
        const auto at = budget.ready_at(what_for, now);
        if (at > now)
        {
            now = at;
            continue;
        }
        budget.sent(now);
        budget.answered({}, now);
        times.push_back(now);
    }
    return times;
}

// The most that any `window` of the times holds.
std::size_t most_within(const std::vector<support::time_point>& times, support::duration window)
{
    std::size_t most = 0;
    for (std::size_t first = 0, last = 0; last < times.size(); ++last)
    {
        for (; times[last] - times[first] >= window; ++first)
        {
        }
        most = std::max(most, last - first + 1);
    }
    return most;
}

rate_report minute_of(std::uint32_t limit, std::uint32_t remaining, support::duration reset_in)
{
    return {false, {}, limit, remaining, reset_in};
}

TEST(a_budget, that_knows_nothing_keeps_to_the_lowest_tier)
{
    rate_budget budget;
    const auto times = send_all(budget, purpose::detach, t0, t0 + 5h);
    EXPECT_EQ(most_within(times, 1min), 60U);
    EXPECT_EQ(most_within(times, 1h), 1000U);
    EXPECT_GT(times.size(), 4800U) << "and uses what that admits";
}

TEST(a_budget, learns_the_tier_from_an_answer)
{
    rate_budget budget;
    budget.sent(t0);
    budget.answered(minute_of(300, 299, 60s), t0);
    EXPECT_EQ(budget.minute_limit(), 300U);
    EXPECT_EQ(budget.hour_limit(), 5000U);
    const auto times = send_all(budget, purpose::detach, t0, t0 + 3h);
    EXPECT_LE(most_within(times, 1min), 300U);
    EXPECT_LE(most_within(times, 1h), 5000U);
    EXPECT_GT(times.size(), 14'000U);
}

TEST(a_budget, takes_a_window_that_ends_later_for_the_hour)
{
    rate_budget budget;
    budget.sent(t0);
    budget.answered(minute_of(5000, 4000, 30min), t0);
    EXPECT_EQ(budget.hour_limit(), 5000U);
    EXPECT_EQ(budget.minute_limit(), 300U);
    EXPECT_LE(budget.left(t0), 299U);
}

TEST(a_thousand, is_the_limit_of_an_hour_until_two_minutes_have_it)
{
    rate_budget budget;
    budget.sent(t0);
    budget.answered(minute_of(1000, 900, 40s), t0);
    EXPECT_EQ(budget.minute_limit(), 60U) << "it may be the last minute of an hour";
    EXPECT_EQ(budget.hour_limit(), 1000U);
    budget.sent(t0 + 10s);
    budget.answered(minute_of(1000, 890, 30s), t0 + 10s);
    EXPECT_EQ(budget.minute_limit(), 60U) << "the same window";
    budget.sent(t0 + 70s);
    budget.answered(minute_of(1000, 999, 30s), t0 + 70s);
    EXPECT_EQ(budget.minute_limit(), 1000U) << "no hour ends a minute after another";
    EXPECT_EQ(budget.hour_limit(), 20'000U);
}

TEST(a_thousand, of_an_hour_stays_the_hours)
{
    rate_budget budget;
    budget.sent(t0);
    budget.answered(minute_of(1000, 10, 40s), t0);
    budget.sent(t0 + 45s);
    budget.answered(minute_of(1000, 999, 3595s), t0 + 45s);
    EXPECT_EQ(budget.minute_limit(), 60U);
    EXPECT_EQ(budget.hour_limit(), 1000U);
}

TEST(what_remains, counts_what_others_have_used)
{
    rate_budget budget;
    budget.sent(t0);
    budget.answered(minute_of(60, 2, 20s), t0);
    EXPECT_EQ(budget.left(t0), 2U);
    budget.sent(t0);
    budget.sent(t0);
    EXPECT_EQ(budget.left(t0), 0U);
    const auto ready = budget.ready_at(purpose::detach, t0);
    EXPECT_GE(ready, t0 + 20s);
    EXPECT_LE(ready, t0 + 22s);
    EXPECT_GT(budget.left(ready), 0U) << "the window has ended";
}

TEST(what_remains, may_not_count_the_requests_in_flight)
{
    rate_budget budget;
    budget.sent(t0);
    budget.sent(t0);
    budget.sent(t0);
    budget.answered(minute_of(60, 3, 20s), t0);
    EXPECT_EQ(budget.left(t0), 1U);
    budget.lost();
    budget.lost();
}

TEST(a_refusal, stops_everything_until_its_time)
{
    rate_budget budget;
    budget.sent(t0);
    budget.answered({true, 90s, {}, {}, {}}, t0);
    EXPECT_EQ(budget.ready_at(purpose::detach, t0), t0 + 90s);
    EXPECT_EQ(budget.left(t0), 0U);
    EXPECT_LE(budget.ready_at(purpose::detach, t0 + 90s), t0 + 90s);
    budget.sent(t0 + 90s);
    budget.answered({true, {}, {}, {}, {}}, t0 + 90s);
    EXPECT_EQ(budget.ready_at(purpose::detach, t0 + 90s), t0 + 120s) << "without Retry-After";
}

TEST(later_purposes, leave_a_share_to_earlier_ones)
{
    for (const auto [what_for, share] :
         {std::pair(purpose::verify, 42U),
          std::pair(purpose::wait, 54U),
          std::pair(purpose::attach, 59U),
          std::pair(purpose::detach, 60U)})
    {
        rate_budget budget;
        EXPECT_EQ(send_all(budget, what_for, t0, t0 + 1s).size(), share);
        EXPECT_LE(budget.ready_at(purpose::detach, t0 + 1s), share < 60 ? t0 + 1s : t0 + 70s);
    }
}

TEST(any_schedule, keeps_to_both_windows)
{
    for (unsigned seed = 1; seed <= 20; ++seed)
    {
        std::mt19937_64 random(seed);
        rate_budget budget;
        std::vector<support::time_point> times;
        auto now = t0;
        for (int i = 0; i < 3000; ++i)
        {
            now += std::chrono::milliseconds(random() % 3 == 0 ? random() % 5000 : 0);
            const auto what_for = static_cast<purpose>(random() % cloud::purposes);
            now = std::max(now, budget.ready_at(what_for, now));
            budget.sent(now);
            budget.answered({}, now);
            times.push_back(now);
        }
        EXPECT_LE(most_within(times, 1min), 60U) << seed;
        EXPECT_LE(most_within(times, 1h), 1000U) << seed;
    }
}

}  // namespace
