#pragma once

#include "binding/events/event.hpp"
#include "binding/resource/certificate_binding.hpp"
#include "cloud/client.hpp"
#include "support/clock.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace binding {

// Is told what happens, to count it and to pass it on. Nothing here waits, fails or decides.
class event_sink
{
public:
    virtual ~event_sink() = default;

    virtual void happened(const certificate_binding& binding, const event& what) = 0;
    virtual void happened_in(const std::string& name_space, const event& what) = 0;

    // A PUT has been answered, or has not. `window`: from the read that it was planned from to this moment,
    // in which the commit of somebody else was lost; empty if the PUT surely had no effect.
    virtual void listener_updated(
        std::optional<cloud::failure> failed, std::optional<support::duration> window
    ) = 0;

    // So many refs that were ours are nobody's from now on.
    virtual void refs_orphaned(std::size_t refs) = 0;
};

}  // namespace binding
