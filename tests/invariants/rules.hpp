#pragma once

#include "binding/resource/certificate_binding.hpp"
#include "binding/slots/listener_slots.hpp"

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

// The rules for a PUT, a status and the removal of a finalizer, as plain functions over values. The loop
// tests and the model checker call the same functions, although each of them collects the facts in its own
// way.
//
// A function answers with a sentence for each rule that is broken. A sentence begins with the name of the
// rule, or of the invariant (docs/testing.md).
namespace rules {

struct slot_entry
{
    cloud::container_ref ref;
    binding::slot slot = binding::slot::sni;

    auto operator<=>(const slot_entry&) const = default;
};

// One entry of a ledger in Kubernetes, with the facts of its binding.
struct ledger_entry
{
    slot_entry held;
    bool confirmed = false;
    bool deleting = false;            // whether the binding is being deleted
    cloud::container_ref remembered;  // replacedDefaultRef
    // The binding of the ledger; null where the caller has no such object.
    const binding::certificate_binding* object = nullptr;
};

std::set<slot_entry> entries_of(const binding::listener_slots& slots);
std::set<slot_entry> entries_of(const binding::ledger& held);
// Each entry carries `object`, which may be null.
std::vector<ledger_entry> ledger_entries_of(
    const binding::ledger& held, const binding::certificate_binding* object
);
std::string text_of(const slot_entry& entry);
bool holds(std::span<const ledger_entry> ledgers, const slot_entry& entry);

using sentences = std::vector<std::string>;
using sentence = std::optional<std::string>;

// narrow-writes: a PUT changes something, except on a listener in ERROR. never-without-default: it leaves a
// certificate. ownership, write-ahead: of each SNI ref that comes or goes there is an unconfirmed entry in
// Kubernetes.
sentences broken_by_put(
    const std::set<slot_entry>& before,
    const std::set<slot_entry>& after,
    bool in_error,
    std::span<const ledger_entry> ledgers
);

// The entry that takes the default slot by a PUT of `after`. Of several it is the one that remembers the
// right default.
const ledger_entry* taker_of_default(
    const cloud::container_ref& before,
    const cloud::container_ref& after,
    std::span<const ledger_entry> ledgers
);

// The rules for a PUT of the default slot. never-without-default: a replaced foreign default is remembered,
// the remembered ref travels with the slot, and only a remembered ref goes back.
sentences broken_by_default(
    const cloud::container_ref& before,
    const cloud::container_ref& after,
    std::span<const ledger_entry> ledgers
);

// proven-gone: an entry that a binding held is not on the listener when its finalizer goes, and nothing
// changes the listener.
sentence broken_by_release(
    const std::string& name, const slot_entry& held, const std::set<slot_entry>& shown, bool unchanging
);

// write-ahead: a status does not give up an entry that the listener shows.
sentence broken_by_giving_up(
    const std::string& name, const slot_entry& held, const std::set<slot_entry>& shown
);

// verified-ready: a binding becomes Ready if a listener at rest shows its entry and a default certificate,
// and the ledger in the same status confirms the entry.
sentences broken_by_ready(
    const std::string& name,
    const slot_entry& wanted,
    const std::set<slot_entry>& shown,
    bool at_rest,
    std::span<const ledger_entry> ledger
);

}  // namespace rules
