#pragma once

#include "support/manual_clock.hpp"
#include "support/task.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <functional>
#include <memory>
#include <optional>

namespace test {

// A fixture for coroutines: an event loop that is stepped and a clock that is moved, so that a test runs the
// same way every time. A coroutine or sleeper that is left running at the end fails the test.
class loop : public testing::Test
{
public:
    loop();
    ~loop() override;

    boost::asio::any_io_executor executor();
    manual_clock& clock() { return clock_; }

    // Runs the loop until no handler is ready.
    void step();

    // Moves the clock by `span`, and wakes and runs every sleeper at its own time on the way.
    void advance(support::duration span);

    // Starts `job`; an exception from it fails the test, except for its cancellation. Returns a function that
    // cancels it.
    std::function<void()> spawn(support::task<> job);

    // Runs `job` to its end, moving the clock to each next wake-up as needed, and returns its value. Fails
    // the test if the job can never end (no handler is ready and nobody sleeps).
    template <class T>
    T run(support::task<T> job)
    {
        std::optional<T> value;
        run_void(store(std::move(job), value));
        return std::move(value).value();
    }
    void run(support::task<> job) { run_void(std::move(job)); }

    // Runs until `done` is true, moving the clock to each next wake-up as needed. Fails after `limit` of the
    // clock's time.
    [[nodiscard]] bool run_until(
        const std::function<bool()>& done, support::duration limit = std::chrono::hours(1)
    );

protected:
    void TearDown() override;

private:
    template <class T>
    static support::task<> store(support::task<T> job, std::optional<T>& value)
    {
        value.emplace(co_await std::move(job));
    }
    void run_void(support::task<> job);

    struct state;
    std::unique_ptr<state> state_;
    manual_clock clock_;
};

}  // namespace test
