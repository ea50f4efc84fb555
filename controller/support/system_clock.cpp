#include "support/system_clock.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <ctime>

namespace asio = boost::asio;

namespace support {
namespace {

// boot_clock with the machine's now(), as Asio's timers need it.
struct machine_clock
{
    using rep = support::duration::rep;
    using period = support::duration::period;
    using duration = support::duration;
    using time_point = std::chrono::time_point<machine_clock>;
    [[maybe_unused]] static constexpr bool is_steady = true;

    static time_point now()
    {
        timespec t{};
        ::clock_gettime(CLOCK_BOOTTIME, &t);
        return time_point(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
    }
};

class system_clock final : public clock
{
public:
    explicit system_clock(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    time_point now() const override { return time_point(machine_clock::now().time_since_epoch()); }

    wall_time wall() const override
    {
        return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    }

    task<> sleep_until(time_point when) override
    {
        asio::basic_waitable_timer<machine_clock> timer(
            executor_, machine_clock::time_point(when.time_since_epoch())
        );
        co_await timer.async_wait(asio::use_awaitable);
    }

private:
    asio::any_io_executor executor_;
};

}  // namespace

std::unique_ptr<clock> create_system_clock(asio::any_io_executor executor)
{
    return std::make_unique<system_clock>(std::move(executor));
}

}  // namespace support
