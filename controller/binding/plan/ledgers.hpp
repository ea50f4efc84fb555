#pragma once

#include "binding/gates/write_gates.hpp"
#include "binding/plan/step.hpp"

#include <optional>
#include <vector>

// The ledger of each binding: before a PUT, and after a read at rest.
namespace binding {

// write-ahead: the ledger that has to be committed before the PUT. Every entry that the PUT changes is
// unconfirmed.
ledger ledger_ahead(const listener_update& update, const member& member);

// The ledger after a read at rest. An entry that the listener shows is confirmed, unless the binding no
// longer wants the ref and another binding has it; an entry that is not needed any more is given up.
ledger verified_ledger(const listener_update& update, const member& member);

// Whether the ref in the slot is ours: a binding of the listener, own or peer, has an entry for it.
bool is_ours(const members& members, const cloud::container_ref& ref, slot in);

// write-ahead for a peer whose ref the PUT removes from the listener. Empty: the PUT removes none, or the
// peer's entry is unconfirmed already.
std::optional<write> peer_write_ahead(const listener_update& update, const peer& peer);

}  // namespace binding
