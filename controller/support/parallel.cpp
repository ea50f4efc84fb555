#include "support/parallel.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

namespace asio = boost::asio;

namespace support {
namespace {

using jobs_t = std::vector<std::function<task<>()>>;

// One of at most `limit` workers: takes the next job until no job is left.
task<> run_worker(
    std::shared_ptr<jobs_t> jobs,
    std::shared_ptr<std::size_t> next,
    std::shared_ptr<std::exception_ptr> failed
)
{
    while (*next < jobs->size())
    {
        const std::function<task<>()> job = std::move((*jobs)[(*next)++]);
        try
        {
            co_await job();
        }
        catch (...)
        {
            if (!*failed)
            {
                *failed = std::current_exception();
            }
        }
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
        {
            co_return;
        }
    }
}

}  // namespace

task<> run_all(jobs_t jobs, std::size_t limit)
{
    const auto workers = std::min(limit, jobs.size());
    if (workers == 0)
    {
        co_return;
    }
    const auto executor = co_await asio::this_coro::executor;
    const auto shared = std::make_shared<jobs_t>(std::move(jobs));
    const auto next = std::make_shared<std::size_t>(0);
    const auto failed = std::make_shared<std::exception_ptr>();
    using worker = decltype(asio::co_spawn(executor, run_worker(shared, next, failed), asio::deferred));
    std::vector<worker> running;
    running.reserve(workers);
    for (std::size_t i = 0; i < workers; ++i)
    {
        running.push_back(asio::co_spawn(executor, run_worker(shared, next, failed), asio::deferred));
    }
    co_await asio::experimental::make_parallel_group(std::move(running))
        .async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    if (*failed)
    {
        std::rethrow_exception(*failed);
    }
    // The wait for the workers reports no error, and a job may have caught its cancellation.
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
    {
        throw boost::system::system_error(asio::error::operation_aborted);
    }
}

}  // namespace support
