#include "support/task_group.hpp"

#include "support/log.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <string>
#include <utility>

namespace asio = boost::asio;

namespace support {

struct task_group::state
{
    explicit state(asio::any_io_executor on)
        : executor(std::move(on)), ended(executor, asio::steady_timer::time_point::max())
    {}

    asio::any_io_executor executor;
    std::list<std::shared_ptr<asio::cancellation_signal>> signals;
    // Never expires; cancelled when the last task has ended.
    asio::steady_timer ended;
};

namespace {

void log_bug(const std::string& error)
{
    log(log_level::error,
        "a task ended with an exception, which is a bug of the controller",
        {{"error", error}});
}

void report(const std::exception_ptr& thrown)
{
    try
    {
        std::rethrow_exception(thrown);
    }
    catch (const boost::system::system_error& e)
    {
        if (e.code() != asio::error::operation_aborted)
        {
            log_bug(e.what());
        }
    }
    catch (const std::exception& e)
    {
        log_bug(e.what());
    }
    catch (...)
    {
        log_bug("unknown");
    }
}

}  // namespace

task_group::task_group(asio::any_io_executor executor) : state_(std::make_shared<state>(std::move(executor)))
{}

task_group::~task_group() = default;

void task_group::job::cancel() const
{
    if (const auto signal = signal_.lock())
    {
        signal->emit(asio::cancellation_type::all);
    }
}

task_group::job task_group::spawn(task<> work)
{
    const auto self = state_;
    const auto signal =
        self->signals.insert(self->signals.end(), std::make_shared<asio::cancellation_signal>());
    job started;
    started.signal_ = *signal;
    asio::co_spawn(
        self->executor,
        std::move(work),
        asio::bind_cancellation_slot(
            (*signal)->slot(),
            [self, signal](const std::exception_ptr& thrown) {
                self->signals.erase(signal);
                if (self->signals.empty())
                {
                    self->ended.cancel();
                }
                if (thrown)
                {
                    report(thrown);
                }
            }
        )
    );
    return started;
}

void task_group::cancel()
{
    // A job may end, and so remove its signal, during emit().
    for (auto it = state_->signals.begin(); it != state_->signals.end();)
    {
        const auto signal = *it++;
        signal->emit(asio::cancellation_type::all);
    }
}

std::size_t task_group::running() const
{
    return state_->signals.size();
}

task<> task_group::join()
{
    const auto self = state_;
    while (!self->signals.empty())
    {
        boost::system::error_code ignored;
        co_await self->ended.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

}  // namespace support
