#pragma once

#include "support/clock.hpp"

#include <boost/asio/steady_timer.hpp>

#include <optional>

namespace support {

// Lets one coroutine sleep until a time or until somebody rings. A ring while nobody sleeps ends the next
// wait at once.
class alarm
{
public:
    alarm(boost::asio::any_io_executor executor, clock& clock);

    void ring();

    // Without a time: until the ring.
    task<> wait(std::optional<time_point> until);

private:
    task<> wait_for_either(time_point until);
    task<> wait_for_ring();

    boost::asio::steady_timer bell_;  // never expires by itself; a ring cancels it
    clock& clock_;
    bool rung_ = false;
};

}  // namespace support
