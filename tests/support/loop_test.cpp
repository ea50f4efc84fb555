#include "support/loop.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using support::task;

namespace {

class loop : public test::loop
{
protected:
    task<> note(std::string name, support::duration time)
    {
        co_await clock().sleep_for(time);
        notes.push_back(name);
    }

    std::vector<std::string> notes;
};

// The fixture as a value, so that a test can read what the fixture reports at its end.
class ended_test final : public test::loop
{
public:
    void TestBody() override {}
    void end() { TearDown(); }
};

// Waits for an event that never comes.
task<> hang(boost::asio::any_io_executor executor)
{
    boost::asio::steady_timer never(executor, boost::asio::steady_timer::time_point::max());
    co_await never.async_wait(boost::asio::use_awaitable);
}

TEST_F(loop, advance_wakes_each_at_its_own_time)
{
    std::vector<support::duration> times;
    const auto start = clock().now();
    const auto twice = [&]() -> task<> {
        co_await clock().sleep_for(1s);
        times.push_back(clock().now() - start);
        co_await clock().sleep_for(1s);
        times.push_back(clock().now() - start);
    };
    spawn(twice());
    advance(10s);
    EXPECT_EQ(times, (std::vector<support::duration>{1s, 2s}));
    EXPECT_EQ(clock().now() - start, 10s);
}

TEST_F(loop, advance_stops_short_of_the_next_sleeper)
{
    spawn(note("late", 10s));
    advance(10s - 1ns);
    EXPECT_TRUE(notes.empty());
    advance(1ns);
    EXPECT_EQ(notes, std::vector<std::string>{"late"});
}

TEST_F(loop, run_gives_the_value_and_moves_the_clock_as_needed)
{
    const auto start = clock().now();
    const auto answer = [this]() -> task<std::string> {
        co_await clock().sleep_for(3h);
        co_return "forty-two";
    };
    EXPECT_EQ(run(answer()), "forty-two");
    EXPECT_EQ(clock().now() - start, 3h);
}

TEST_F(loop, run_throws_what_the_coroutine_throws)
{
    const auto failing = [this]() -> task<int> {
        co_await clock().sleep_for(1s);
        throw std::runtime_error("no");
    };
    EXPECT_THROW(run(failing()), std::runtime_error);
}

TEST_F(loop, run_until_stops_as_soon_as_it_is_true)
{
    const auto start = clock().now();
    spawn(note("a", 1s));
    spawn(note("b", 2s));
    spawn(note("c", 3s));
    EXPECT_TRUE(run_until([&] { return notes.size() == 2; }));
    EXPECT_EQ(clock().now() - start, 2s);
    advance(1s);
}

TEST_F(loop, run_until_fails_after_the_limit)
{
    spawn(note("a", 2s));
    EXPECT_FALSE(run_until([&] { return !notes.empty(); }, 1s));
    EXPECT_FALSE(run_until([] { return false; })) << "nobody sleeps any more";
}

TEST_F(loop, an_exception_of_a_spawned_coroutine_comes_out_of_the_step)
{
    const auto failing = []() -> task<> {
        throw std::runtime_error("no");
        co_return;
    };
    spawn(failing());
    EXPECT_THROW(step(), std::runtime_error);
}

TEST(loop_end, a_coroutine_that_is_left_fails_the_test)
{
    ended_test test;
    test.spawn(hang(test.executor()));
    EXPECT_NONFATAL_FAILURE(test.end(), "coroutines are left running");
}

TEST(loop_end, one_that_waits_for_what_never_comes_cannot_be_run)
{
    ended_test test;
    EXPECT_THROW(test.run(hang(test.executor())), std::logic_error);
}

TEST(loop_end, nothing_left_is_fine)
{
    ended_test test;
    const auto cancel = test.spawn(hang(test.executor()));
    test.step();
    cancel();
    test.end();
}

}  // namespace
