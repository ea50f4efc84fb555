#include "support/turn.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <utility>

namespace asio = boost::asio;

namespace support {

struct turn::queue
{
    std::size_t at_once;
    // A channel with room for so many messages: the coroutines whose messages are in it have the turn.
    std::optional<asio::experimental::channel<void(boost::system::error_code)>> taken;
};

turn::turn(std::size_t at_once) : queue_(std::make_shared<queue>(at_once, std::nullopt)) {}

turn::~turn() = default;

turn::hold::hold(std::shared_ptr<queue> of) : of_(std::move(of)) {}

turn::hold::~hold()
{
    if (of_)
    {
        of_->taken->try_receive([](const boost::system::error_code&) {});
    }
}

bool turn::is_taken() const
{
    return queue_->taken && queue_->taken->ready();
}

task<turn::hold> turn::take_at_once_if_free()
{
    if (queue_->taken && queue_->taken->try_send(boost::system::error_code()))
    {
        co_return hold(queue_);
    }
    co_return co_await take();
}

task<turn::hold> turn::take()
{
    const auto queue = queue_;
    if (!queue->taken)
    {
        const asio::any_io_executor executor = co_await asio::this_coro::executor;
        queue->taken.emplace(executor, queue->at_once);
    }
    const auto [failed] =
        co_await queue->taken->async_send(boost::system::error_code(), asio::as_tuple(asio::use_awaitable));
    if (failed)
    {
        // A cancelled channel reports an error of its own; the caller expects that of Asio.
        throw boost::system::system_error(asio::error::operation_aborted);
    }
    co_return hold(queue);
}

}  // namespace support
