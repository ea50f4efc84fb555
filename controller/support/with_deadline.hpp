#pragma once

#include "support/clock.hpp"
#include "support/task.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <utility>

namespace support {

// Runs `job` to its end, but cancels it at `deadline`. False if the deadline ended the job, or had passed
// before the call. Returns only when the job has ended, so the job may refer to objects of the caller.
support::task<bool> ends_before(support::clock& clock, support::time_point deadline, support::task<> job);

// Runs `job` to its end, but cancels it when `guard` ends. False if the guard ended the job. Returns only
// when both have ended.
support::task<bool> ends_before(support::task<> guard, support::task<> job);

// As the first, for a job with a value; empty if the deadline ended the job.
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
