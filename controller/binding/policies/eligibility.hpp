#pragma once

#include "binding/policies/member.hpp"

#include <optional>
#include <string>

// Whether the certificate of a binding may be attached now (readable-before-write, quarantine).
namespace binding {

// Why not, as its status tells it; empty if it may. The first policy of the table in eligibility.cpp that
// objects.
std::optional<ready_status> why_not_attachable(const observation& observation, const member& member);

// quarantine: no PUT adds the certificate, because Octavia refuses it. In a conflict the quarantine lasts
// until something about the certificate changes, otherwise as long as it was set for.
bool is_quarantined(const observation& observation, const member& member);

// Whether what was not found may still come: it may be created together with the binding, in the first
// minutes of a generation.
bool is_within_grace_period(const observation& observation, const member& member, reason why);

// Nothing about the binding can be verified now. A Ready binding stays Ready through it for three resync
// periods, and one in quarantine stays so.
ready_status unavailable(const observation& observation, const member& member, std::string message);

}  // namespace binding
