#pragma once

#include "binding/credentials/credential_source.hpp"
#include "binding/index/binding_store.hpp"
#include "binding/settings.hpp"
#include "binding/targets/reconcile_state.hpp"

namespace binding {

// What a pass looks things up in. Nothing in it asks anybody, and nothing can be changed through it.
struct target_context
{
    const reconcile_state& state;
    const binding_store& store;
    const credential_source& credentials;
    const binding::settings& settings;
    support::time_point now{};
    support::wall_time wall{};
};

// What a pass works on: it records in the states of targets, and asks for turns and cleanups.
struct pass_context : target_context
{
    reconcile_state& states;
};

}  // namespace binding
