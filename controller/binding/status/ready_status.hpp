#pragma once

#include "binding/observed/target_state.hpp"
#include "binding/resource/certificate_binding.hpp"

#include <optional>
#include <string>

namespace binding {

// The condition Ready of one binding, as the plan decided it; render() makes the whole status of it.
struct ready_status
{
    binding::reason reason = reason::progressing;
    // For people: what is wrong, with which object, and what to do. Shown as errorMessage unless the state is
    // active.
    std::string message{};
    condition_status attached = condition_status::unknown;
    // The certificate or listener that was not found may be created soon, so the state is pending, not error.
    bool within_grace_period = false;
    // The present status is not known to be wrong, so only the ledger is written.
    bool keep_status = false;
    // The condition Ready has the words already, from an earlier process.
    bool keep_message = false;
};

// The reason of a deletion is Detaching, whatever delays it, unless the deletion waits for people.
ready_status status_for(const certificate_binding& object, reason why, std::string message);

// The status with `ready` as its conditions and `written` as its ledger. updatedAt changes only if another
// field does. lastTransitionTime of a condition changes only with its status. observedGeneration never falls.
status render(
    const certificate_binding& object,
    const ready_status& ready,
    const ledger& written,
    const binding_state& state,
    support::wall_time now
);

// Whether both are equal but for updatedAt.
bool says_the_same(const status& a, const status& b);

}  // namespace binding
