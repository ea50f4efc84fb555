#pragma once

#include "cloud/client.hpp"
#include "support/clock.hpp"

#include <optional>

namespace binding {

// Is told what the reconciler does, to count it. Nothing here waits, fails or decides.
class observer
{
public:
    virtual ~observer() = default;

    // A PUT has been answered, or has not. `window`: from the read that it was planned from to this moment,
    // in which the commit of somebody else was lost; empty if the PUT surely had no effect.
    virtual void listener_updated(
        std::optional<cloud::failure> failed, std::optional<support::duration> window
    ) = 0;
};

}  // namespace binding
