#include "support/with_deadline.hpp"

#include "support/loop.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace {

using namespace std::chrono_literals;

class with_deadline : public test::loop
{
protected:
    support::task<int> after(support::duration wait, int value)
    {
        co_await clock().sleep_for(wait);
        co_return value;
    }
    support::task<int> fails_after(support::duration wait)
    {
        co_await clock().sleep_for(wait);
        throw std::logic_error("a bug");
    }
};

TEST_F(with_deadline, gives_the_value_of_a_job_that_ends_before)
{
    EXPECT_EQ(run(support::with_deadline(clock(), clock().now() + 2s, after(1s, 7))), 7);
    EXPECT_EQ(run(support::with_deadline(clock(), clock().now() + 2s, after(0s, 7))), 7);
}

TEST_F(with_deadline, gives_nothing_of_a_job_that_does_not_and_ends_it)
{
    const auto start = clock().now();
    EXPECT_EQ(run(support::with_deadline(clock(), start + 2s, after(3s, 7))), std::nullopt);
    EXPECT_EQ(clock().now(), start + 2s);
}

TEST_F(with_deadline, does_not_start_a_job_whose_time_has_passed)
{
    bool started = false;
    const auto note = [](bool* out) -> support::task<int> {
        *out = true;
        co_return 7;
    };
    EXPECT_EQ(run(support::with_deadline(clock(), clock().now(), note(&started))), std::nullopt);
    EXPECT_FALSE(started);
}

TEST_F(with_deadline, lets_an_exception_of_the_job_through)
{
    EXPECT_THROW(run(support::with_deadline(clock(), clock().now() + 2s, fails_after(1s))), std::logic_error);
}

TEST_F(with_deadline, tells_the_callers_cancellation_from_the_deadline)
{
    bool returned = false;
    const auto cancel = spawn([](support::clock* time, support::task<int> job, bool* out) -> support::task<> {
        (void)co_await support::with_deadline(*time, time->now() + 2s, std::move(job));
        *out = true;
    }(&clock(), after(3s, 7), &returned));
    step();
    EXPECT_EQ(clock().sleepers(), 2U);
    cancel();
    step();
    EXPECT_FALSE(returned);
    EXPECT_EQ(clock().sleepers(), 0U);
}

}  // namespace
