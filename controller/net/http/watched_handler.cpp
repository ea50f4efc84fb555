#include "net/http/watched_handler.hpp"

#include "support/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <exception>
#include <tuple>
#include <utility>

namespace asio = boost::asio;

namespace net {
namespace {

using support::task;

constexpr int status_bug = 500;

// Apart, because a handler may throw before it gives a coroutine.
task<page> call(const handler& answers, server_request request)
{
    co_return co_await answers(std::move(request));
}

// Whether a peer that has ended its side may still wait for its answer.
bool may_read(server_connection& peer, bool modern)
{
    return peer.stream->speaks_plainly() &&
           (!modern || peer.stream->write_now("HTTP/1.1 100 Continue\r\n\r\n"));
}

// Returns when the peer has gone away, or its time is over.
task<> watch(server_core& core, server_connection& peer, bool modern)
{
    // More is not received ahead; the end of a peer that sends so much is noticed with its answer.
    while (!peer.ended && peer.pending.size() < core.limits().header_bytes)
    {
        if (!co_await peer.stream->wait_readable() || receive(core, peer) == reception::failure)
        {
            co_return;
        }
    }
    if (!peer.ended || may_read(peer, modern))
    {
        co_await peer.stream->wait_reset();
    }
}

bool is_cancellation(const std::exception_ptr& thrown)
{
    try
    {
        std::rethrow_exception(thrown);
    }
    catch (const boost::system::system_error& e)
    {
        return e.code() == asio::error::operation_aborted;
    }
    catch (...)  // Whatever else a handler throws is its fault, and no cancellation.
    {
        return false;
    }
}

std::string text_of(const std::exception_ptr& thrown)
{
    try
    {
        std::rethrow_exception(thrown);
    }
    catch (const std::exception& e)
    {
        return e.what();
    }
    catch (...)  // What is no std::exception has no text, and must not end the server.
    {
        return "unknown";
    }
}

}  // namespace

task<std::expected<page, unanswered>> call_watched(
    server_core& core, server_connection& peer, server_request request, bool modern
)
{
    const auto executor = co_await asio::this_coro::executor;
    auto ended = co_await asio::experimental::make_parallel_group(
                     asio::co_spawn(executor, call(core.answers, std::move(request)), asio::deferred),
                     asio::co_spawn(executor, watch(core, peer, modern), asio::deferred)
    )
                     .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    const auto& [order, failed, made, unwatched] = ended;
    const bool watch_ended = order[0] == 1;
    if (watch_ended && unwatched)
    {
        // The stream was closed.
        std::rethrow_exception(unwatched);
    }
    if (!failed)
    {
        co_return std::move(std::get<2>(ended));
    }
    if (watch_ended && is_cancellation(failed))
    {
        co_return std::unexpected(peer.deadline.over() ? unanswered::stopped : unanswered::gone);
    }
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
    {
        std::rethrow_exception(failed);
    }
    support::log(
        support::log_level::error,
        "an answer ended with an exception, which is a bug of the controller",
        {{"error", text_of(failed)}}
    );
    co_return core.refusal(status_bug, "the answer failed");
}

}  // namespace net
