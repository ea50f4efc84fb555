#pragma once

#include "support/clock.hpp"

#include <cstdint>
#include <random>

// Waits that grow after each failure, up to a cap, with jitter so that many who failed together do not return
// together.
namespace support {

using random_engine = std::mt19937_64;

struct backoff
{
    duration first;
    duration cap;
    double jitter = 0.2;  // the wait is drawn from [wait * (1 - jitter), wait * (1 + jitter)]
    double factor = 2;    // of each wait to the one before it

    // The wait after the `failures`th failure in a row (1 is the first).
    duration wait(int failures, random_engine& random) const;

    // The same, not drawn.
    duration without_jitter(int failures) const;
};

// `base` drawn from [base * (1 - spread), base * (1 + spread)].
duration jittered(duration base, double spread, random_engine& random);

}  // namespace support
