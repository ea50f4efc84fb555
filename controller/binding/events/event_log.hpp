#pragma once

#include "binding/events/event_sink.hpp"

#include <functional>

namespace binding {

// The event sink of the program: logs each event, and passes events and counts on.
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

    explicit event_log(outlets outlets);

    void record(const event& event) override;
    void listener_updated(std::optional<cloud::failure> failed, std::optional<support::duration> window)
        override;
    void refs_orphaned(std::size_t refs) override;

private:
    outlets outlets_;
};

}  // namespace binding
