#pragma once

#include "binding/policies/member.hpp"

#include <optional>
#include <vector>

// What is known of the certificate of a binding, and when it is read again.
namespace binding {

// The last answer about the certificate that the binding wants now; null: it was not read yet.
const cloud::answer<cloud::certificate>* certificate_of(const member& member);

// The last answer, if the certificate may be used: ACTIVE with all its parts. Whether it has expired is not
// asked.
const cloud::certificate* usable_certificate_of(const member& member);

// The last read gave no answer about the certificate itself, so each pass repeats it.
bool is_unanswered(const member& member);

// The ref of the binding's certificate: by the certificate service, else by the ledger, else by the listener.
std::optional<cloud::container_ref> wanted_ref(const member& member, const listener_slots& slots);

// The ref in the wanted slot of the listener that names the binding's certificate.
std::optional<cloud::container_ref> present_ref(
    const certificate_binding& object, const listener_slots& slots
);

// A certificate that is waited for is read again after 15 s, doubling to 5 min, never slower than the resync
// period. A usable one is read once in a resync period. Expects an answer.
support::time_point next_read_at(const observation& observation, const member& member);

// Own bindings whose certificate is to be read in this pass, by uid.
std::vector<support::uuid> certificates_due(const observation& observation, const members& own);

}  // namespace binding
