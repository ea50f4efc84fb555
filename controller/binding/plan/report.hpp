#pragma once

#include "binding/gates/write_gates.hpp"
#include "binding/plan/step.hpp"

#include <vector>

// Conclusions become statuses and writes here. Two writes are made elsewhere, because no status follows from
// them: the ledger ahead of a peer (plan/ledgers), and the finalizer of a deletion that stays in place
// (plan/plan).
namespace binding {

// The conclusions if no PUT follows: for every own binding the last read decides.
conclusions conclude(const listener_update& update);

// The same for bindings that the PUT is not for. Bindings that the PUT is for get the reason and message of
// `wait`.
conclusions conclude_waiting(const listener_update& update, const wait& wait);

// The writes before a PUT: ledgers ahead for the bindings that the PUT is for. Statuses that can wait until
// after the PUT are not written.
std::vector<write> writes_ahead(const listener_update& update);

// The writes that bring the objects to their conclusions; when nothing is left to write, the pass is done.
step report(const observation& observation, const conclusions& conclusions, done end);

// When the target is reconciled again if nothing changes before: the next read of a certificate that is not
// usable yet, the end of a deferral or quarantine, an heir that becomes late, the expiry of a certificate.
done end_at_rest(const observation& observation, const members& members);

}  // namespace binding
