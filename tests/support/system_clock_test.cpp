#include "support/system_clock.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <memory>

using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// The clock of the machine. These tests really wait for a few milliseconds, and set no upper limit.
class system_clock : public testing::Test
{
protected:
    // Runs a sleep until `when` to its end and returns the exception that it threw.
    std::exception_ptr sleep(support::time_point when, bool then_cancel = false)
    {
        std::exception_ptr ended_with = std::make_exception_ptr(std::logic_error("it has not ended"));
        asio::cancellation_signal signal;
        asio::co_spawn(
            context,
            clock->sleep_until(when),
            asio::bind_cancellation_slot(
                signal.slot(), [&](std::exception_ptr thrown) { ended_with = std::move(thrown); }
            )
        );
        if (then_cancel)
        {
            context.poll();
            signal.emit(asio::cancellation_type::all);
        }
        context.run();
        context.restart();
        return ended_with;
    }

    asio::io_context context;
    std::unique_ptr<support::clock> clock = support::create_system_clock(context.get_executor());
};

TEST_F(system_clock, wakes_at_or_after_the_time)
{
    const auto when = clock->now() + 2ms;
    EXPECT_EQ(sleep(when), nullptr);
    EXPECT_GE(clock->now(), when);
}

TEST_F(system_clock, a_time_that_has_passed_does_not_wait)
{
    EXPECT_EQ(sleep(clock->now() - 1h), nullptr);
    EXPECT_EQ(sleep(support::time_point::min()), nullptr);
}

TEST_F(system_clock, cancelling_ends_a_sleep_of_any_length)
{
    for (const auto when : {clock->now() + 1000h, support::time_point::max()})
    {
        const auto thrown = sleep(when, true);
        ASSERT_NE(thrown, nullptr);
        EXPECT_THROW(std::rethrow_exception(thrown), boost::system::system_error);
    }
}

TEST_F(system_clock, never_goes_back)
{
    auto last = clock->now();
    for (int i = 0; i < 1000; ++i)
    {
        const auto now = clock->now();
        ASSERT_GE(now, last);
        last = now;
    }
}

TEST_F(system_clock, wall_time_is_the_machines)
{
    const auto before = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    EXPECT_GE(clock->wall(), before);
}

}  // namespace
