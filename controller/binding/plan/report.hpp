#pragma once

#include "binding/gates/write_gates.hpp"
#include "binding/plan/step.hpp"

#include <vector>

// The only place where conclusions become statuses and writes.
namespace binding {

// What was read is the truth for every own binding: no PUT is to come.
conclusions conclude(const listener_update& update);

// The same for those that the PUT is not for. Those that it is for get what the wait says.
conclusions conclude_waiting(const listener_update& update, const wait& wait);

// Before a PUT: ledgers ahead for those that it is for. Only what has to be in Kubernetes before the PUT is
// written.
std::vector<write> writes_ahead(const listener_update& update);

// The writes that bring the objects to their conclusions; when nothing is left to write, the pass is done.
step report(const observation& observation, const conclusions& conclusions, done end);

// When the target is reconciled again if nothing happens before: the next certificate that is waited for, the
// end of a deferral or quarantine, an heir that becomes late, the end of a certificate.
done end_at_rest(const observation& observation, const members& members);

}  // namespace binding
