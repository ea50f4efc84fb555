#include "app/lag_warning.hpp"

#include "support/log.hpp"

#include <chrono>
#include <string>

namespace app {

void lag_warning::was_late(support::duration late)
{
    if (late < limit_)
    {
        return;
    }
    if (const auto left_out = lines_.admit("lag", clock_.now()))
    {
        const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(late).count();
        support::log(
            support::log_level::warn,
            "all work was held up, because the process got too little CPU or one piece of work took too long",
            {{"milliseconds", std::to_string(milliseconds)}, {"left_out", std::to_string(*left_out)}}
        );
    }
}

}  // namespace app
