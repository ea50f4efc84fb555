#include "support/log_limit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr support::time_point t0{1h};

TEST(log_limit, admits_one_line_per_key_and_minute_and_counts_those_between)
{
    support::log_limit limit;
    EXPECT_EQ(limit.admit("a", t0), 0U);
    EXPECT_EQ(limit.admit("a", t0 + 1s), std::nullopt);
    EXPECT_EQ(limit.admit("b", t0 + 1s), 0U);
    EXPECT_EQ(limit.admit("a", t0 + 59s), std::nullopt);
    EXPECT_EQ(limit.admit("a", t0 + 60s), 2U);
    EXPECT_EQ(limit.admit("a", t0 + 61s), std::nullopt);
    EXPECT_EQ(limit.admit("a", t0 + 120s), 1U);
    EXPECT_EQ(limit.admit("a", t0 + 180s), 0U);
}

TEST(log_limit, tells_of_lines_left_out_although_no_further_one_comes)
{
    support::log_limit limit;
    limit.admit("a", t0);
    limit.admit("a", t0);
    limit.admit("a", t0);
    limit.admit("quiet", t0);
    EXPECT_THAT(limit.ended(t0 + 59s), IsEmpty());
    const auto ended = limit.ended(t0 + 60s);
    ASSERT_THAT(ended, SizeIs(1));
    EXPECT_EQ(ended[0].key, "a");
    EXPECT_EQ(ended[0].lines, 2U);
    EXPECT_THAT(limit.ended(t0 + 1h), IsEmpty());
    EXPECT_EQ(limit.admit("a", t0 + 1h), 0U);
}

TEST(log_limit, keeps_a_bounded_number_of_keys)
{
    support::log_limit limit;
    for (int i = 0; i < 1000; ++i)
    {
        EXPECT_EQ(limit.admit(std::to_string(i), t0), 0U);
    }
    EXPECT_EQ(limit.admit("0", t0), std::nullopt);
    EXPECT_EQ(limit.admit("1400", t0), 0U) << "the first of all others";
    EXPECT_EQ(limit.admit("1401", t0), std::nullopt);
    EXPECT_EQ(limit.admit("1402", t0 + 1min), 1U);
}

}  // namespace
