#pragma once

#include "binding/events/event.hpp"
#include "cloud/client.hpp"
#include "support/clock.hpp"

#include <cstddef>
#include <optional>

namespace binding {

// Takes the events of all rooms of binding/. No call waits, fails or decides.
class event_sink
{
public:
    virtual ~event_sink() = default;

    virtual void record(const event& event) = 0;

    // A PUT was answered, or its answer was lost. `window` is the time from the read that the PUT was planned
    // from until now: the PUT overwrites what another client changed in that time. Empty if the PUT surely
    // had no effect.
    virtual void listener_updated(
        std::optional<cloud::failure> failed, std::optional<support::duration> window
    ) = 0;

    // `refs` certificates stay on a listener and belong to no binding from now on.
    virtual void refs_orphaned(std::size_t refs) = 0;
};

}  // namespace binding
