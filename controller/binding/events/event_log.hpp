#pragma once

#include "binding/events/event_sink.hpp"
#include "support/clock.hpp"
#include "support/log_limit.hpp"

#include <functional>

namespace binding {

// The event sink of the program: logs each event, and passes events and counts on. Of the warnings about a
// change of state, one line per reason and minute is written, with the number of those left out; the others
// are debug lines.
class event_log : public event_sink
{
public:
    // app/ connects these to Kubernetes Events and to the metrics.
    struct outlets
    {
        std::function<void(const event&)> record;
        std::function<void(std::optional<cloud::failure>, std::optional<support::duration>)> listener_updated;
        std::function<void(std::size_t)> refs_orphaned;
    };

    // `clock` must outlive it.
    event_log(support::clock& clock, outlets outlets);

    void record(const event& event) override;
    void listener_updated(std::optional<cloud::failure> failed, std::optional<support::duration> window)
        override;
    void refs_orphaned(std::size_t refs) override;

private:
    void write_line(const event& event);
    void tell_of_lines_left_out();

    support::clock& clock_;
    outlets outlets_;
    support::log_limit limit_;  // by the reason
};

}  // namespace binding
