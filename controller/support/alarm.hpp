#pragma once

#include "support/clock.hpp"

#include <boost/asio/steady_timer.hpp>

#include <optional>

namespace support {

// One coroutine waits until a time or until ring(). A ring that comes while nobody waits ends the next wait
// at once.
class alarm
{
public:
    alarm(boost::asio::any_io_executor executor, clock& clock);

    void ring();

    // Waits for a ring alone if `until` is empty.
    task<> wait(std::optional<time_point> until);

private:
    task<> wait_for_either(time_point until);
    task<> wait_for_ring();

    boost::asio::steady_timer bell_;  // never expires by itself; a ring cancels it
    clock& clock_;
    bool rung_ = false;
};

}  // namespace support
