#pragma once

#include "support/clock.hpp"
#include "support/log_limit.hpp"

namespace app {

// Warns, once a minute at most, when the one thread was held up for too long.
class lag_warning
{
public:
    // `clock` must outlive it.
    lag_warning(support::clock& clock, support::duration limit) : clock_(clock), limit_(limit) {}

    void was_late(support::duration late);

private:
    support::clock& clock_;
    support::duration limit_;
    support::log_limit lines_;
};

}  // namespace app
