#include "support/offload.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <utility>

namespace asio = boost::asio;

namespace support {
namespace {

class spot final : public offload
{
public:
    task<> run(std::function<void()> work) override
    {
        work();
        co_return;
    }
};

class worker_thread final : public offload
{
public:
    ~worker_thread() override
    {
        if (thread_)
        {
            thread_->stop();
            thread_->join();
        }
    }

    task<> run(std::function<void()> work) override
    {
        if (!thread_)
        {
            thread_.emplace(1);
        }
        const auto loop = co_await asio::this_coro::executor;
        // The loop's alone; the thread only posts to the loop.
        struct waiting
        {
            explicit waiting(const asio::any_io_executor& executor)
                : bell(executor, asio::steady_timer::time_point::max())
            {}
            asio::steady_timer bell;  // never expires by itself
            bool done = false;
        };
        const auto shared = std::make_shared<waiting>(loop);
        asio::post(*thread_, [work = std::move(work), ended = shared, loop]() mutable {
            work();
            work = nullptr;
            asio::post(loop, [ended = std::move(ended)] {
                ended->done = true;
                ended->bell.cancel();
            });
        });
        while (!shared->done)
        {
            const auto [cancelled] = co_await shared->bell.async_wait(asio::as_tuple(asio::use_awaitable));
            if (cancelled && !shared->done)
            {
                throw boost::system::system_error(asio::error::operation_aborted);
            }
        }
    }

private:
    std::optional<asio::thread_pool> thread_;  // from the first work on
};

}  // namespace

offload& on_the_spot()
{
    static spot here;
    return here;
}

std::unique_ptr<offload> create_worker_thread()
{
    return std::make_unique<worker_thread>();
}

}  // namespace support
