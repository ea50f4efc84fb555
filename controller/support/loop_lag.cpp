#include "support/loop_lag.hpp"

namespace support {

task<> watch_loop_lag(clock& clock, std::function<void(duration)> late)
{
    for (;;)
    {
        const auto due = clock.now() + between_samples_of_lag;
        co_await clock.sleep_until(due);
        late(clock.now() - due);
    }
}

}  // namespace support
