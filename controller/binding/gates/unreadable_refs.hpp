#pragma once

#include "binding/gates/write_gates.hpp"

#include <optional>
#include <string>

// readable-before-write: after any accepted change Octavia's worker reads every certificate of the load
// balancer again, and drops a whole listener because of one certificate that it cannot read. So nothing is
// written while a ref would stay that is dead, or about which the certificate service gives no answer.
namespace binding {

// BlockedByUnreadableRef: the PUT is not sent before a person has replaced or restored a certificate.
wait blocked(std::string message, done end);

// The message while the certificate service gives no answer about these refs.
std::string no_answer_about(const std::vector<cloud::container_ref>& refs);

// Judges the refs that the listener would hold after the PUT.
std::optional<shut_write_gate> unreadable_refs(const listener_update& update);

// quarantine: judges the refs that stay and that Octavia named in a refusal.
std::optional<shut_write_gate> refused_refs_that_stay(const listener_update& update);

// Judges the refs on the other listeners of the load balancer.
std::optional<shut_write_gate> unreadable_refs_on_other_listeners(const listener_update& update);

}  // namespace binding
