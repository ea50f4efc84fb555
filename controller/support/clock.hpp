#pragma once

#include "support/task.hpp"

#include <chrono>

// Time as an input. Deadlines and waits use the monotonic clock, which also counts the time that the machine
// was suspended (CLOCK_BOOTTIME). Wall time is for people and certificates (RFC 3339, notAfter).
namespace support {

using duration = std::chrono::nanoseconds;
using wall_time = std::chrono::sys_seconds;

struct boot_clock
{
    using rep = support::duration::rep;
    using period = support::duration::period;
    using duration = support::duration;
    using time_point = std::chrono::time_point<boot_clock>;
    static constexpr bool is_steady = true;
};

using time_point = boot_clock::time_point;

class clock
{
public:
    virtual ~clock() = default;

    virtual time_point now() const = 0;
    virtual wall_time wall() const = 0;

    // Returns at `when` or later; at once if `when` has passed.
    virtual task<> sleep_until(time_point when) = 0;

    task<> sleep_for(duration wait) { return sleep_until(now() + wait); }
};

}  // namespace support
