#include "support/manual_clock.hpp"

#include "support/loop.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

class manual_clock : public test::loop
{
protected:
    support::task<> sleep(std::string name, support::duration time)
    {
        co_await clock().sleep_for(time);
        woken.push_back(name);
    }

    const support::time_point start = clock().now();
    std::vector<std::string> woken;
};

TEST_F(manual_clock, stands_still_until_it_is_moved_and_never_goes_back)
{
    spawn(sleep("a", 1s));
    step();
    EXPECT_EQ(clock().now(), start);
    clock().set(start + 2s);
    EXPECT_EQ(clock().now(), start + 2s);
    clock().set(start);
    EXPECT_EQ(clock().now(), start + 2s);
}

TEST_F(manual_clock, sleepers_wake_in_the_order_of_their_times_then_of_their_calls)
{
    spawn(sleep("c", 3s));
    spawn(sleep("a", 1s));
    spawn(sleep("b1", 2s));
    spawn(sleep("b2", 2s));
    step();
    EXPECT_EQ(clock().next_wake(), start + 1s);
    EXPECT_EQ(clock().sleepers(), 4U);
    clock().set(start + 2s);
    step();
    EXPECT_EQ(woken, (std::vector<std::string>{"a", "b1", "b2"}));
    EXPECT_EQ(clock().next_wake(), start + 3s);
    clock().set(start + 3s);
    step();
    EXPECT_EQ(woken.back(), "c");
    EXPECT_EQ(clock().next_wake(), std::nullopt);
}

TEST_F(manual_clock, a_cancelled_sleeper_is_none)
{
    const auto cancel = spawn(sleep("a", 1s));
    step();
    cancel();
    step();
    EXPECT_EQ(clock().sleepers(), 0U);
    EXPECT_TRUE(woken.empty());
}

TEST_F(manual_clock, one_that_has_been_cancelled_is_not_woken_by_the_time_that_comes_after)
{
    const auto cancel = spawn(sleep("a", 1s));
    step();
    cancel();
    clock().set(start + 1s);
    step();
    EXPECT_EQ(clock().sleepers(), 0U);
}

TEST_F(manual_clock, wall_time_goes_with_it)
{
    const auto wall = clock().wall();
    clock().set(start + 90s);
    EXPECT_EQ(clock().wall(), wall + 90s);
    clock().set_wall_start(support::wall_time(0s));
    EXPECT_EQ(clock().wall().time_since_epoch(), 1h + 90s);
}

}  // namespace
