#pragma once

#include "binding/gates/write_gates.hpp"

#include <optional>

// own-credential: bindings of the same listener that act with another credential.
namespace binding {

// Before the first write in a process each credential of the listener has tried to read it once.
std::optional<write_gate> peers_have_not_read(const listener_update& update);

// Octavia accepts a list of certificates only from a user who may read all of them.
std::optional<write_gate> ref_of_peer_unreadable(const listener_update& update);

// The peer whose believed ledger has the ref, in its SNI slots or else as its default; null: none.
const peer* peer_that_holds(const observation& observation, const cloud::container_ref& ref);

}  // namespace binding
