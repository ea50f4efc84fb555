#pragma once

#include "support/clock.hpp"
#include "support/task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace net {

// Runs `job` to its end, cancelled at `deadline`: empty if that ended it, or if the deadline has passed
// already. Returns only when the job has ended, so the job may refer to what the caller holds.
template <class T>
support::task<std::optional<T>> with_deadline(
    support::clock& clock, support::time_point deadline, support::task<T> job
)
{
    namespace asio = boost::asio;

    if (clock.now() >= deadline)
    {
        co_return std::nullopt;
    }
    const auto executor = co_await asio::this_coro::executor;
    auto [order, failed, value, woken] =
        co_await asio::experimental::make_parallel_group(
            asio::co_spawn(executor, std::move(job), asio::deferred),
            asio::co_spawn(executor, clock.sleep_until(deadline), asio::deferred)
        )
            .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    if (!failed)
    {
        co_return std::move(value);
    }
    const bool expired = order[0] == 1 && !woken;
    if (!expired)
    {
        std::rethrow_exception(failed);
    }
    try
    {
        std::rethrow_exception(failed);
    }
    catch (const boost::system::system_error& e)
    {
        if (e.code() != asio::error::operation_aborted)
        {
            throw;
        }
    }
    co_return std::nullopt;
}

}  // namespace net
