#include "support/turn.hpp"

#include "support/loop.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace std::chrono_literals;

class turn : public test::loop
{
protected:
    support::task<> work(char name)
    {
        const auto hold = co_await taken.take();
        log += name;
        co_await clock().sleep_for(1s);
        log += name;
    }

    support::task<> take(bool at_once)
    {
        const auto hold = at_once ? co_await taken.take_at_once_if_free() : co_await taken.take();
        log += 'x';
    }

    support::task<> say()
    {
        log += 'y';
        co_return;
    }

    support::turn taken;
    std::string log;
};

TEST_F(turn, lets_one_through_at_a_time_in_the_order_of_arrival)
{
    spawn(work('a'));
    spawn(work('b'));
    spawn(work('c'));
    EXPECT_FALSE(taken.is_taken());
    step();
    EXPECT_TRUE(taken.is_taken());
    advance(3s);
    EXPECT_EQ(log, "aabbcc");
    EXPECT_FALSE(taken.is_taken());
}

TEST_F(turn, a_free_one_comes_at_once_or_after_what_is_ready_as_the_caller_likes)
{
    spawn(take(false));
    spawn(say());
    step();
    EXPECT_EQ(log, "yx");
    spawn(take(true));
    spawn(say());
    step();
    EXPECT_EQ(log, "yxxy");
    spawn(work('b'));
    step();
    spawn(take(true));
    step();
    EXPECT_EQ(log, "yxxyb") << "it waits for a turn that is taken";
    advance(1s);
    EXPECT_EQ(log, "yxxybbx");
}

TEST_F(turn, who_is_cancelled_leaves_the_queue_or_gives_the_turn_back)
{
    const auto cancel_a = spawn(work('a'));
    const auto cancel_b = spawn(work('b'));
    spawn(work('c'));
    step();
    cancel_b();
    step();
    cancel_a();
    advance(1s);
    EXPECT_EQ(log, "acc");
}

TEST_F(turn, lets_so_many_through_at_a_time)
{
    support::turn two(2);
    const auto through = [&](char name) -> support::task<> {
        const auto hold = co_await two.take();
        log += name;
        co_await clock().sleep_for(1s);
        log += name;
    };
    spawn(through('a'));
    spawn(through('b'));
    spawn(through('c'));
    step();
    EXPECT_EQ(log, "ab");
    advance(2s);
    EXPECT_EQ(log.size(), 6U);
    EXPECT_EQ(log.substr(4), "cc");
}

}  // namespace
