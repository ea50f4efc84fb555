#pragma once

#include "support/clock.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <list>
#include <memory>
#include <optional>

namespace test {

// A clock that stands still until a test moves it. Sleepers wake in the order of their times, and in the
// order of their calls where the times are equal.
class manual_clock final : public support::clock
{
public:
    explicit manual_clock(boost::asio::any_io_executor executor);
    ~manual_clock() override;

    support::time_point now() const override { return now_; }
    support::wall_time wall() const override
    {
        return wall_start_ + std::chrono::floor<std::chrono::seconds>(now_.time_since_epoch());
    }
    support::task<> sleep_until(support::time_point when) override;

    // When the next sleeper wakes; empty if there is none.
    std::optional<support::time_point> next_wake() const;
    std::size_t sleepers() const { return sleepers_.size(); }

    // Moves to `when` (never back) and wakes the sleepers whose time has come; they run when the loop runs.
    void set(support::time_point when);

    // Moves only the wall clock's start.
    void set_wall_start(support::wall_time start) { wall_start_ = start; }

private:
    struct sleeper;

    boost::asio::any_io_executor executor_;
    support::time_point now_{std::chrono::hours(1)};
    support::wall_time wall_start_ = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);
    std::list<std::shared_ptr<sleeper>> sleepers_;
};

}  // namespace test
