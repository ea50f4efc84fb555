#pragma once

#include "binding/gates/write_gates.hpp"
#include "binding/plan/step.hpp"

#include <optional>
#include <vector>

// The ledger of each binding: before a PUT, and after a read that no PUT can contradict.
namespace binding {

// write-ahead: the ledger that has to be committed before the PUT. Every entry that the PUT touches is
// unconfirmed.
ledger ledger_ahead(const listener_update& update, const member& member);

// The ledger after a read at rest: entries that the listener shows are confirmed, others are given up.
ledger verified_ledger(const listener_update& update, const member& member);

// Whether an entry of ours, or of a peer, makes what is in the slot ours.
bool is_ours(const members& members, const cloud::container_ref& ref, slot in);

// write-ahead for a peer whose entry the PUT takes off the listener; empty: it loses none, or has said so
// already.
std::optional<write> peer_write_ahead(const listener_update& update, const peer& peer);

}  // namespace binding
