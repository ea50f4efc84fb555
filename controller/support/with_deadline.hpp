#pragma once

#include "support/clock.hpp"
#include "support/task.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <utility>

namespace support {

// Runs `job` to its end, cancelled at `deadline`: false if that ended it, or if the deadline has passed
// already. Returns only when the job has ended, so the job may refer to what the caller holds.
support::task<bool> ends_before(support::clock& clock, support::time_point deadline, support::task<> job);

// The same for a job with a value: empty if the deadline ended it.
template <class T>
support::task<std::optional<T>> with_deadline(
    support::clock& clock, support::time_point deadline, support::task<T> job
)
{
    constexpr auto store = [](support::task<T> from, std::optional<T>* to) -> support::task<> {
        to->emplace(co_await std::move(from));
    };
    std::optional<T> value;
    co_await ends_before(clock, deadline, store(std::move(job), &value));
    co_return value;
}

}  // namespace support
