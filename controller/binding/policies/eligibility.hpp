#pragma once

#include "binding/policies/member.hpp"

#include <optional>
#include <string>

// Whether the certificate of a binding may be attached now (readable-before-write, quarantine).
namespace binding {

// Why the certificate may not be attached, as a status; empty if it may. The first policy with an objection
// in the table of eligibility.cpp decides.
std::optional<ready_status> why_not_attachable(const observation& observation, const member& member);

// quarantine: no PUT adds the certificate, because Octavia refuses it. In a conflict the quarantine lasts
// until something about the certificate changes, otherwise until quarantine::until.
bool is_quarantined(const observation& observation, const member& member);

// The status of a binding about which nothing can be verified now. A Ready binding stays Ready for three
// resync periods, and CertificateRefused stays.
ready_status unavailable(const observation& observation, const member& member, std::string message);

}  // namespace binding
