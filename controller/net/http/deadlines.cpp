#include "net/http/deadlines.hpp"

namespace net {

void deadlines::one::set(support::time_point when)
{
    clear();
    when_ = when;
    stream_.resume();
    place_ = all_.waiting_.emplace(when, this);
    if (!all_.wakes_ || when < *all_.wakes_)
    {
        all_.bell_.ring();
    }
}

void deadlines::one::clear()
{
    if (place_)
    {
        all_.waiting_.erase(*place_);
    }
    place_.reset();
    when_.reset();
}

void deadlines::one::bring_forward(support::time_point when)
{
    // One that is over stays so, because resuming its stream would undo the interruption.
    if (!when_ || (place_ && when < *when_))
    {
        set(when);
    }
}

support::task<> deadlines::run()
{
    while (true)
    {
        interrupt_due();
        wakes_ = waiting_.empty() ? std::nullopt : std::optional(waiting_.begin()->first);
        co_await bell_.wait(wakes_);
    }
}

void deadlines::interrupt_due()
{
    const auto now = clock_.now();
    while (!waiting_.empty() && waiting_.begin()->first <= now)
    {
        one& due = *waiting_.begin()->second;
        waiting_.erase(waiting_.begin());
        due.place_.reset();
        due.stream_.interrupt();
    }
}

}  // namespace net
