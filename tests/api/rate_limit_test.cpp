#include "api/rate_limit.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;

const support::time_point start{1h};

TEST(rate_limit, counts_each_accepted_token_by_itself_for_a_minute)
{
    api::rate_limit limit(2);
    const support::secret a("a");
    const support::secret b("b");
    EXPECT_FALSE(limit.add(a, start).known);
    limit.accept(a, start);
    EXPECT_EQ(limit.add(a, start + 10s).remaining, 0U) << "its first request counts";
    const auto third = limit.add(a, start + 20500ms);
    EXPECT_FALSE(third.admitted);
    EXPECT_TRUE(third.known);
    EXPECT_EQ(third.until_reset, 40s) << "rounded up";
    EXPECT_TRUE(limit.add(b, start + 20s).admitted);
    EXPECT_TRUE(limit.add(a, start + 60s).admitted);
}

TEST(rate_limit, made_up_tokens_lock_nobody_out_whom_kubernetes_accepted)
{
    api::rate_limit limit(2);
    const support::secret script("script");
    limit.add(script, start);
    limit.accept(script, start);
    const auto next = start + 70s;
    for (int i = 0; i < 20; ++i)
    {
        ASSERT_TRUE(limit.add(support::secret("t" + std::to_string(i)), next).admitted);
    }
    const auto further = limit.add(support::secret("x"), next);
    EXPECT_FALSE(further.admitted);
    EXPECT_FALSE(further.known);
    EXPECT_TRUE(limit.add(script, next).admitted);
}

TEST(rate_limit, a_token_that_is_idle_for_an_hour_is_forgotten)
{
    api::rate_limit limit(2);
    const support::secret a("a");
    limit.accept(a, start);
    EXPECT_TRUE(limit.add(a, start + 59min).known);
    EXPECT_FALSE(limit.add(a, start + 62min).known);
}

TEST(rate_limit, of_nothing_admits_everything_and_says_nothing)
{
    api::rate_limit limit(0);
    EXPECT_TRUE(limit.add(support::secret("a"), start).admitted);
    EXPECT_TRUE(limit.headers({}, {}).empty());
}

}  // namespace
