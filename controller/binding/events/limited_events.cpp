#include "binding/events/limited_events.hpp"

#include <algorithm>
#include <utility>

namespace binding {

limited_events::limited_events(
    boost::asio::any_io_executor executor, support::clock& clock, std::function<void(const event&)> pass_on
)
    : clock_(clock), pass_on_(std::move(pass_on)), alarm_(std::move(executor), clock)
{}

void limited_events::record(const event& event)
{
    const auto waited = limits_.next_due();
    pass_on(limits_.record(event, clock_.now()));
    if (limits_.next_due() != waited)
    {
        alarm_.ring();
    }
}

support::task<> limited_events::run()
{
    for (;;)
    {
        co_await alarm_.wait(limits_.next_due());
        pass_on(limits_.due(clock_.now()));
    }
}

void limited_events::flush()
{
    pass_on(limits_.take_waiting());
}

void limited_events::pass_on(const std::vector<event>& events)
{
    std::ranges::for_each(events, pass_on_);
}

}  // namespace binding
