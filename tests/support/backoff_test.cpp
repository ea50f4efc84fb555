#include "support/backoff.hpp"

#include <gtest/gtest.h>

#include <limits>

using namespace std::chrono_literals;
using support::backoff;

namespace {

TEST(backoff, doubles_with_each_failure_up_to_the_cap)
{
    support::random_engine random(1);
    const backoff exact{.first = 1s, .cap = 60s, .jitter = 0};
    const struct
    {
        int failures;
        support::duration wait;
    } rows[] = {{1, 1s}, {2, 2s}, {3, 4s}, {4, 8s}, {5, 16s}, {6, 32s}, {7, 60s}, {8, 60s}};
    for (const auto& row : rows)
    {
        EXPECT_EQ(exact.wait(row.failures, random), row.wait) << row.failures;
    }
}

TEST(backoff, any_number_of_failures_stays_at_the_cap)
{
    support::random_engine random(1);
    constexpr support::duration longest = 1000h;
    const backoff exact{.first = 1ns, .cap = longest, .jitter = 0};
    EXPECT_EQ(exact.wait(std::numeric_limits<int>::max(), random), longest);
}

TEST(backoff, a_first_wait_above_the_cap_is_the_cap)
{
    support::random_engine random(1);
    const backoff exact{.first = 90s, .cap = 60s, .jitter = 0};
    EXPECT_EQ(exact.wait(1, random), 60s);
}

TEST(backoff, jitter_spreads_to_both_sides_and_no_further)
{
    support::random_engine random(1);
    const backoff jittered{.first = 10s, .cap = 60s, .jitter = 0.2};
    support::duration least = 1h;
    support::duration most = 0s;
    for (int i = 0; i < 1000; ++i)
    {
        const auto wait = jittered.wait(1, random);
        least = std::min(least, wait);
        most = std::max(most, wait);
    }
    EXPECT_GE(least, 8s);
    EXPECT_LT(least, 8500ms);
    EXPECT_LE(most, 12s);
    EXPECT_GT(most, 11500ms);
}

TEST(backoff, one_seed_is_one_row_of_waits)
{
    support::random_engine one(7);
    support::random_engine other(7);
    const backoff jittered{.first = 1s, .cap = 60s};
    for (int failures = 1; failures < 10; ++failures)
    {
        EXPECT_EQ(jittered.wait(failures, one), jittered.wait(failures, other));
    }
}

}  // namespace
