#pragma once

#include "binding/events/event.hpp"
#include "cloud/client.hpp"
#include "support/clock.hpp"

#include <cstddef>
#include <optional>

namespace binding {

// Where everything in binding/ reports what happened. No call waits, fails or decides.
class event_sink
{
public:
    virtual ~event_sink() = default;

    virtual void record(const event& event) = 0;

    // A PUT was answered, or its answer was lost. `window`: from the read that the PUT was planned from until
    // now; a change that somebody else made in it is overwritten. Empty if the PUT surely had no effect.
    virtual void listener_updated(
        std::optional<cloud::failure> failed, std::optional<support::duration> window
    ) = 0;

    // So many refs stay on a listener and belong to no binding from now on.
    virtual void refs_orphaned(std::size_t refs) = 0;
};

}  // namespace binding
