#pragma once

#include "binding/observed/target_state.hpp"
#include "binding/resource/certificate_binding.hpp"

#include <optional>
#include <string>

namespace binding {

// What the status of one binding is to say.
struct ready_status
{
    binding::reason reason = reason::progressing;
    std::string message{};  // for people; shown as errorMessage wherever the state is not active
    condition_status attached = condition_status::unknown;
    bool within_grace_period = false;  // what was not found may be created soon: pending instead of error
    bool keep_status = false;          // nothing is known to be wrong with what the status says: do not write
};

// A deletion under way is Detaching, whatever holds it up, unless it waits for people.
ready_status status_for(const certificate_binding& object, reason why, std::string message);

// The status that says `ready` and holds `written`. Equal to object.status, but for updatedAt, where nothing
// changes. Times of transition move with the status of their condition alone; observedGeneration never falls.
status render(
    const certificate_binding& object,
    const ready_status& ready,
    const ledger& written,
    const binding_state& state,
    support::wall_time now
);

// Whether they differ in anything but updatedAt.
bool says_the_same(const status& a, const status& b);

}  // namespace binding
