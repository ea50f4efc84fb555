#include "support/backoff.hpp"

#include <algorithm>

namespace support {
namespace {

duration scaled(duration base, double factor)
{
    return duration(static_cast<duration::rep>(static_cast<double>(base.count()) * factor));
}

}  // namespace

duration backoff::wait(int failures, random_engine& random) const
{
    return jittered(without_jitter(failures), jitter, random);
}

duration backoff::without_jitter(int failures) const
{
    duration wait = first;
    for (int i = 1; i < failures && wait < cap; ++i)
    {
        wait = scaled(std::min(wait, cap), factor);
    }
    return std::min(wait, cap);
}

duration jittered(duration base, double spread, random_engine& random)
{
    std::uniform_real_distribution<double> factor(1.0 - spread, 1.0 + spread);
    return scaled(base, factor(random));
}

}  // namespace support
