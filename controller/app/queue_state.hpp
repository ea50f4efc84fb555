#pragma once

#include "binding/target.hpp"
#include "runtime/outcome.hpp"
#include "runtime/work_queue.hpp"
#include "support/clock.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace app {

// The work queue at one moment, for the metrics.
struct queue_state
{
    std::size_t depth = 0;      // targets that are due and wait for a worker
    std::size_t additions = 0;  // since the start
    std::size_t retries = 0;    // since the start
    std::size_t panics = 0;     // since the start
    std::size_t in_work = 0;
    support::duration unfinished{};  // of the work under way, all together
    support::duration longest{};     // of the work under way
    // Targets that are not in work, by what they wait for.
    std::array<std::size_t, runtime::waits_for_count> waiting{};
};

inline queue_state queue_state_of(
    const runtime::work_queue<binding::target>& queue, std::size_t panics, support::time_point now
)
{
    queue_state state{
        queue.depth(now), queue.additions(now), queue.retries(), panics, queue.in_work(), {}, {}, {}
    };
    for (const support::time_point since : queue.work_since())
    {
        state.unfinished += now - since;
        state.longest = std::max(state.longest, now - since);
    }
    for (std::size_t i = 0; i < runtime::waits_for_count; ++i)
    {
        state.waiting.at(i) = queue.waiting(static_cast<runtime::waits_for>(i));
    }
    return state;
}

}  // namespace app
