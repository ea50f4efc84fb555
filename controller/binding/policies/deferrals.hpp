#pragma once

#include "binding/policies/member.hpp"

#include <optional>

// Certificates that may be attached, but are left out of this PUT (quarantine, contested).
namespace binding {

// Expects an attachable certificate.
std::optional<deferral> deferred_addition(
    const observation& observation, const listener_slots& slots, const member& member
);

// contested: the removal for a deletion waits, because another client keeps putting the certificate back.
std::optional<deferral> deferred_removal(
    const observation& observation, const listener_slots& slots, const member& member
);

// contested: another client keeps undoing the controller's change of this ref, and the next repair is not due
// yet.
// `wanted`: the ref should be in the slot.
bool is_contested(
    const observation& observation,
    const listener_slots& slots,
    slot in,
    const cloud::container_ref& ref,
    bool wanted
);

// quarantine, the bisection: Octavia refused several certificates without naming one, so half of them are
// left out of the next PUT. Expects assigned slots. False: there is no bisection, or a suspect is not added
// any more.
bool defer_half(const observation& observation, members& members);

// An heir of another target that did not take the default slot within a minute is no heir any more
// (own-credential).
bool is_late_heir(const observation& observation, const support::uuid& binding);

// When the next heir becomes late.
std::optional<support::duration> next_late_heir(const observation& observation);

}  // namespace binding
