#pragma once

#include "binding/credentials/credential_source.hpp"
#include "binding/index/binding_store.hpp"
#include "binding/settings.hpp"
#include "binding/targets/reconcile_state.hpp"

#include <optional>

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

// Until when another process may have sent PUTs for a binding that is first seen now. Where controllers
// divide the bindings, a binding may come from another one at any time.
inline std::optional<support::time_point> others_sent_until(const target_context& at)
{
    return at.settings.divided ? std::optional(at.now) : at.state.others_sent_until();
}

// What a pass works on: it records in the states of targets, and asks for turns and cleanups.
struct pass_context : target_context
{
    reconcile_state& states;
};

}  // namespace binding
