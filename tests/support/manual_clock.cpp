#include "support/manual_clock.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace asio = boost::asio;

namespace test {

// Waits on a timer that never expires by itself; set() cancels it when the time of the sleeper has come.
struct manual_clock::sleeper
{
    sleeper(asio::any_io_executor executor, support::time_point at)
        : timer(executor, asio::steady_timer::time_point::max()), when(at)
    {}

    asio::steady_timer timer;
    support::time_point when;
    bool woken = false;
};

manual_clock::manual_clock(asio::any_io_executor executor) : executor_(std::move(executor)) {}

manual_clock::~manual_clock() = default;

support::task<> manual_clock::sleep_until(support::time_point when)
{
    if (when <= now_)
    {
        co_return;
    }
    const auto self = std::make_shared<sleeper>(executor_, when);
    sleepers_.push_back(self);
    try
    {
        co_await self->timer.async_wait(asio::use_awaitable);
    }
    catch (const boost::system::system_error&)
    {
        if (!self->woken)
        {
            sleepers_.remove(self);
            throw;
        }
    }
}

std::optional<support::time_point> manual_clock::next_wake() const
{
    const auto first = std::ranges::min_element(sleepers_, {}, [](const auto& s) { return s->when; });
    return first == sleepers_.end() ? std::nullopt : std::optional((*first)->when);
}

void manual_clock::set(support::time_point when)
{
    now_ = std::max(now_, when);
    std::list<std::shared_ptr<sleeper>> due;
    for (auto it = sleepers_.begin(); it != sleepers_.end();)
    {
        const auto here = it++;
        if ((*here)->when <= now_)
        {
            due.splice(due.end(), sleepers_, here);
        }
    }
    due.sort([](const auto& a, const auto& b) { return a->when < b->when; });
    for (const auto& sleeper : due)
    {
        sleeper->woken = true;
        sleeper->timer.cancel();
    }
}

}  // namespace test
