#pragma once

#include "binding/observed/target_state.hpp"

// Changes the facts of a target without an observation, for states that no test can reach in a few lines. The
// program has no such way.
namespace binding {

struct target_state_access
{
    static target_facts& facts(target_state& state) { return state.open(); }
};

}  // namespace binding
