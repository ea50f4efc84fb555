#include "support/with_deadline.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>

namespace asio = boost::asio;

namespace support {

// Boost 1.81 has no cancel_after, and deadlines here are times of support::clock.
support::task<bool> ends_before(support::clock& clock, support::time_point deadline, support::task<> job)
{
    if (clock.now() >= deadline)
    {
        co_return false;
    }
    co_return co_await ends_before(clock.sleep_until(deadline), std::move(job));
}

support::task<bool> ends_before(support::task<> guard, support::task<> job)
{
    const auto executor = co_await asio::this_coro::executor;
    const auto [order, failed, woken] =
        co_await asio::experimental::make_parallel_group(
            asio::co_spawn(executor, std::move(job), asio::deferred),
            asio::co_spawn(executor, std::move(guard), asio::deferred)
        )
            .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    if (!failed)
    {
        co_return true;
    }
    const bool expired = order[0] == 1 && !woken;
    try
    {
        std::rethrow_exception(failed);
    }
    catch (const boost::system::system_error& e)
    {
        if (!expired || e.code() != asio::error::operation_aborted)
        {
            throw;
        }
    }
    co_return false;
}

}  // namespace support
