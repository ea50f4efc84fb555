#include "support/loop.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace asio = boost::asio;

namespace test {

struct loop::state
{
    asio::io_context context;
    std::size_t running = 0;
};

namespace {

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
    catch (...)
    {
        return false;
    }
}

}  // namespace

loop::loop() : state_(std::make_unique<state>()), clock_(state_->context.get_executor()) {}

loop::~loop() = default;

asio::any_io_executor loop::executor()
{
    return state_->context.get_executor();
}

void loop::step()
{
    state_->context.restart();
    while (state_->context.poll() != 0)
    {
    }
}

void loop::advance(support::duration span)
{
    const auto end = clock_.now() + span;
    step();
    while (clock_.next_wake() && *clock_.next_wake() <= end)
    {
        clock_.set(*clock_.next_wake());
        step();
    }
    clock_.set(end);
    step();
}

std::function<void()> loop::spawn(support::task<> job)
{
    const auto signal = std::make_shared<asio::cancellation_signal>();
    ++state_->running;
    asio::co_spawn(
        state_->context,
        std::move(job),
        asio::bind_cancellation_slot(
            signal->slot(),
            [this, signal](std::exception_ptr thrown) {
                --state_->running;
                if (thrown && !is_cancellation(thrown))
                {
                    std::rethrow_exception(thrown);
                }
            }
        )
    );
    return [signal] { signal->emit(asio::cancellation_type::all); };
}

void loop::run_void(support::task<> job)
{
    bool ended = false;
    std::exception_ptr failed;
    asio::co_spawn(state_->context, std::move(job), [&](std::exception_ptr thrown) {
        ended = true;
        failed = thrown;
    });
    if (!run_until([&] { return ended; }, std::chrono::hours(24 * 365)))
    {
        throw std::logic_error("the coroutine can never end: nothing is ready and nobody sleeps");
    }
    if (failed)
    {
        std::rethrow_exception(failed);
    }
}

bool loop::run_until(const std::function<bool()>& done, support::duration limit)
{
    const auto end = clock_.now() + limit;
    step();
    while (!done())
    {
        const auto next = clock_.next_wake();
        if (!next || *next > end)
        {
            return false;
        }
        clock_.set(*next);
        step();
    }
    return true;
}

void loop::TearDown()
{
    step();
    EXPECT_EQ(state_->running, 0U) << "coroutines are left running; end or cancel them in the test";
    EXPECT_EQ(clock_.sleepers(), 0U) << "sleepers are left";
}

}  // namespace test
