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
    // What the binding lacks may be created soon, so the state is pending, not error.
    bool within_grace_period = false;
    // What mostly ends by itself has lasted so long that a person is needed: the state is error, not pending.
    bool overdue = false;
    // Of a deletion with the reason Detaching: what delays it; unset: nothing.
    binding::reason delayed_by = reason::unset;
    // The present status is not known to be wrong, so only the ledger is written.
    bool keep_status = false;
    // The condition Ready has the words already, from an earlier process.
    bool keep_message = false;
};

// The reason of a deletion is Detaching, whatever delays it, unless the deletion waits for people to decide.
ready_status status_for(const certificate_binding& object, reason why, std::string message);

// The reason of the status, or what delays the deletion.
reason cause_of(const ready_status& ready);

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
