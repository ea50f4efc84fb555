#pragma once

#include "binding/credentials/credential_source.hpp"
#include "binding/index/binding_store.hpp"
#include "binding/settings.hpp"
#include "binding/targets/reconcile_state.hpp"

namespace binding {

// What a pass works on and looks things up in. Nothing in it asks anybody.
struct pass_context
{
    reconcile_state& state;
    const binding_store& store;
    const credential_source& credentials;
    const binding::settings& settings;
    support::time_point now{};
    support::wall_time wall{};
};

}  // namespace binding
