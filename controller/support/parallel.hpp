#pragma once

#include "support/task.hpp"

#include <cstddef>
#include <functional>
#include <vector>

namespace support {

// Runs `jobs` side by side, at most `limit` at a time, and returns when all have ended. A job that throws
// does not stop the others; the first exception is rethrown at the end. A cancellation reaches every running
// job and starts no further one; run_all then throws, even if every running job succeeds.
task<> run_all(std::vector<std::function<task<>()>> jobs, std::size_t limit);

}  // namespace support
