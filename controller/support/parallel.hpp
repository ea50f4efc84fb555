#pragma once

#include "support/task.hpp"

#include <cstddef>
#include <functional>
#include <vector>

namespace support {

// Runs all `jobs` side by side, at most `limit` at a time, and returns when all have ended. Cancelling it
// cancels them and throws, whatever they make of it: some have not run. A job that throws does not stop the
// others; the first exception is rethrown at the end.
task<> run_all(std::vector<std::function<task<>()>> jobs, std::size_t limit);

}  // namespace support
