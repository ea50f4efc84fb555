#pragma once

#include "binding/policies/member.hpp"

#include <optional>
#include <vector>

// The last answer about the certificate of a binding, and when the certificate is read again.
namespace binding {

// The last answer about the certificate that the binding wants now; null: the certificate was not read yet.
const cloud::answer<cloud::certificate>* certificate_of(const member& member);

// The last answer, if the certificate is usable: ACTIVE with all parts. An expired certificate counts as
// usable.
const cloud::certificate* usable_certificate_of(const member& member);

// The last read gave no answer about the certificate itself, so each pass reads it again.
bool is_unanswered(const member& member);

// The ref of the binding's certificate, as the certificate service names it, else as the ledger spells it,
// else as the listener spells it.
std::optional<cloud::container_ref> wanted_ref(const member& member, const listener_slots& slots);

// The ref in the wanted slot of the listener that names the binding's certificate.
std::optional<cloud::container_ref> present_ref(
    const certificate_binding& object, const listener_slots& slots
);

// A certificate that is waited for is read again after 15 s, doubling to 5 min, never slower than the resync
// period. A usable one is read once in a resync period. Expects an answer.
support::time_point next_read_at(const observation& observation, const member& member);

// The uids of own bindings whose certificate has to be read in this pass.
std::vector<support::uuid> certificates_due(const observation& observation, const members& own);

}  // namespace binding
