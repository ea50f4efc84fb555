#pragma once

#include "binding/events/event_limits.hpp"
#include "support/alarm.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>

namespace binding {

// Passes events on within the limits of event_limits.
class limited_events
{
public:
    limited_events(
        boost::asio::any_io_executor executor,
        support::clock& clock,
        std::function<void(const event&)> pass_on
    );

    void record(const event& event);

    // Passes on what had to wait, until it is cancelled.
    support::task<> run();

    // Passes on all that waits.
    void flush();

    std::size_t merged() const { return limits_.merged(); }

private:
    void pass_on(const std::vector<event>& events);

    support::clock& clock_;
    std::function<void(const event&)> pass_on_;
    support::alarm alarm_;
    event_limits limits_;
};

}  // namespace binding
