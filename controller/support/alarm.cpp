#include "support/alarm.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>

namespace asio = boost::asio;

namespace support {

alarm::alarm(asio::any_io_executor executor, clock& clock) : bell_(executor), clock_(clock) {}

void alarm::ring()
{
    rung_ = true;
    bell_.cancel();
}

task<> alarm::wait(std::optional<time_point> until)
{
    if (!rung_)
    {
        if (until)
        {
            co_await wait_for_either(*until);
        }
        else
        {
            co_await wait_for_ring();
        }
    }
    rung_ = false;
}

task<> alarm::wait_for_either(time_point until)
{
    using namespace asio::experimental::awaitable_operators;
    try
    {
        co_await (clock_.sleep_until(until) || wait_for_ring());
    }
    catch (const asio::multiple_exceptions& both)
    {
        // Both waits were cancelled. The caller gets the exception that every cancelled await throws.
        std::rethrow_exception(both.first_exception());
    }
}

task<> alarm::wait_for_ring()
{
    bell_.expires_at(asio::steady_timer::time_point::max());
    try
    {
        co_await bell_.async_wait(asio::use_awaitable);
    }
    catch (const boost::system::system_error&)
    {
        if (!rung_)
        {
            throw;
        }
    }
}

}  // namespace support
