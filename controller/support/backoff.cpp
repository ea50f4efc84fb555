#include "support/backoff.hpp"

#include <algorithm>

namespace support {

duration backoff::wait(int failures, random_engine& random) const
{
    duration wait = first;
    for (int i = 1; i < failures && wait < cap; ++i)
    {
        wait = wait > cap / 2 ? cap : wait * 2;
    }
    return jittered(std::min(wait, cap), jitter, random);
}

duration jittered(duration base, double spread, random_engine& random)
{
    std::uniform_real_distribution<double> factor(1.0 - spread, 1.0 + spread);
    return duration(static_cast<duration::rep>(static_cast<double>(base.count()) * factor(random)));
}

}  // namespace support
