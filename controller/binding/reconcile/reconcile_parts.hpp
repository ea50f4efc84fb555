#pragma once

#include "binding/events/event_sink.hpp"
#include "binding/reconcile/reconcile_pass.hpp"
#include "kube/client.hpp"

namespace binding {

inline constexpr std::size_t most_at_a_time = 16;  // requests of one pass

// What the driver of the passes, the cloud reader and the writer work with.
struct reconcile_parts
{
    kube::client& kube;
    const credential_source& credentials;
    support::clock& clock;
    binding_store& store;
    reconcile_state& state;
    const binding::settings& settings;
    binding::event_sink& events;

    pass_context now() const
    {
        return {{state, store, credentials, settings, clock.now(), clock.wall()}, state};
    }
};

}  // namespace binding
