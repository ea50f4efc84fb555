#pragma once

#include "binding/gates/write_gates.hpp"

#include <optional>

// own-credential: gates because of bindings of the same listener that act with another credential.
namespace binding {

// Shut before the first write of the process, until each credential of the listener has tried to read it
// once.
std::optional<shut_write_gate> peers_have_not_read(const listener_update& update);

// Shut if the PUT would send a peer's ref that this credential cannot read, because Octavia accepts a list of
// certificates only from a user who may read all of them.
std::optional<shut_write_gate> ref_of_peer_unreadable(const listener_update& update);

// The peer whose believed ledger has the ref, as SNI or else as default; null: no peer has it.
const peer* peer_that_holds(const observation& observation, const cloud::container_ref& ref);

}  // namespace binding
