#include "api/rate_limit.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;

const support::time_point start{1h};

TEST(rate_limit, counts_each_token_by_itself_for_a_minute)
{
    api::rate_limit limit(2);
    const support::secret a("a");
    const support::secret b("b");
    EXPECT_EQ(limit.add(a, start).remaining, 1U);
    EXPECT_TRUE(limit.add(a, start + 10s).admitted);
    const auto third = limit.add(a, start + 20500ms);
    EXPECT_FALSE(third.admitted);
    EXPECT_EQ(third.remaining, 0U);
    EXPECT_EQ(third.until_reset, 40s) << "rounded up";
    EXPECT_TRUE(limit.add(b, start + 20s).admitted);
    EXPECT_TRUE(limit.add(a, start + 60s).admitted);
}

TEST(rate_limit, counts_made_up_tokens_together_when_there_are_too_many)
{
    api::rate_limit limit(2);
    for (int i = 0; i < 10'000; ++i)
    {
        ASSERT_TRUE(limit.add(support::secret("t" + std::to_string(i)), start).admitted);
    }
    EXPECT_TRUE(limit.add(support::secret("x"), start).admitted);
    EXPECT_TRUE(limit.add(support::secret("y"), start).admitted);
    EXPECT_FALSE(limit.add(support::secret("z"), start).admitted);
    EXPECT_TRUE(limit.add(support::secret("t1"), start).admitted) << "a token that was known before";
}

TEST(rate_limit, of_nothing_admits_everything_and_says_nothing)
{
    api::rate_limit limit(0);
    EXPECT_TRUE(limit.add(support::secret("a"), start).admitted);
    EXPECT_TRUE(limit.headers({}, {}).empty());
}

}  // namespace
