#include "support/alarm.hpp"

#include "support/loop.hpp"

#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>

using namespace std::chrono_literals;

namespace {

class alarm : public test::loop
{
protected:
    // Waits once and records the time at which the wait ended.
    support::task<> wait_once(std::optional<support::time_point> until)
    {
        co_await bell.wait(until);
        ++woken;
    }

    support::alarm bell{executor(), clock()};
    int woken = 0;
};

TEST_F(alarm, wakes_at_its_time)
{
    spawn(wait_once(clock().now() + 10s));
    advance(9s);
    EXPECT_EQ(woken, 0);
    advance(1s);
    EXPECT_EQ(woken, 1);
}

TEST_F(alarm, a_time_that_has_passed_does_not_wait)
{
    spawn(wait_once(clock().now()));
    step();
    EXPECT_EQ(woken, 1);
}

TEST_F(alarm, a_ring_wakes_before_the_time_and_leaves_no_sleeper)
{
    spawn(wait_once(clock().now() + 10s));
    step();
    bell.ring();
    step();
    EXPECT_EQ(woken, 1);
    EXPECT_EQ(clock().sleepers(), 0U);
}

TEST_F(alarm, without_a_time_only_a_ring_wakes)
{
    spawn(wait_once(std::nullopt));
    advance(1000h);
    EXPECT_EQ(woken, 0);
    bell.ring();
    step();
    EXPECT_EQ(woken, 1);
}

TEST_F(alarm, a_ring_while_nobody_waits_ends_one_wait)
{
    bell.ring();
    bell.ring();
    spawn(wait_once(clock().now() + 10s));
    step();
    EXPECT_EQ(woken, 1);

    spawn(wait_once(clock().now() + 10s));
    step();
    EXPECT_EQ(woken, 1);
    advance(10s);
    EXPECT_EQ(woken, 2);
}

TEST_F(alarm, a_ring_just_after_the_wait_began_is_heard)
{
    spawn(wait_once(clock().now() + 10s));
    boost::asio::post(executor(), [this] { bell.ring(); });
    step();
    EXPECT_EQ(woken, 1);
}

TEST_F(alarm, a_ring_at_the_very_time_wakes_once)
{
    spawn(wait_once(clock().now() + 10s));
    step();
    clock().set(clock().now() + 10s);
    bell.ring();
    step();
    EXPECT_EQ(woken, 1);
}

TEST_F(alarm, cancelling_ends_the_wait_without_waking)
{
    const auto with_time = spawn(wait_once(clock().now() + 10s));
    step();
    with_time();
    step();
    const auto without_time = spawn(wait_once(std::nullopt));
    step();
    without_time();
    step();
    EXPECT_EQ(woken, 0);
}

}  // namespace
