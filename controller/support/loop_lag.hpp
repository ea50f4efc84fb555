#pragma once

#include "support/clock.hpp"
#include "support/task.hpp"

#include <chrono>
#include <functional>

namespace support {

// A handler that runs longer than this is noticed for certain. Four wake-ups a second cost an idle program
// 0.02 % of one core.
inline constexpr duration between_samples_of_lag = std::chrono::milliseconds(250);

// Sleeps again and again, and tells `late` how long after its time each sleep ended: so long does everything
// that is due wait for the one thread. `clock` must outlive the task, which runs until it is cancelled.
task<> watch_loop_lag(clock& clock, std::function<void(duration)> late);

}  // namespace support
