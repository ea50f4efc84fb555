#pragma once

#include "binding/slots/listener_slots.hpp"
#include "support/clock.hpp"

#include <optional>

namespace binding {

// The slots of the listener on which its answers agree.
//
// Octavia may read from a replica of its database that lags behind (Galera without wsrep_sync_wait), so that
// one read contradicts what Octavia accepted a moment ago. A read that contradicts the agreed slots counts
// only when the listener still differs from them some time later.
struct agreed_slots
{
    std::optional<listener_slots> slots;     // empty: the listener was not read yet
    std::optional<listener_slots> previous;  // those before, which a lagging replica may still show
    // When the first of an unbroken row of reads that contradict `slots` was sent; empty: the last read
    // agrees.
    std::optional<support::time_point> contradicted_since;

    // `lag`: a replica does not lag for longer. `lacks_ledger`: the listener does not show a confirmed entry
    // of a ledger, which contradicts the first read of a process.
    void record_read(
        listener_slots shown, bool lacks_ledger, support::time_point asked_at, support::duration lag
    );
    // Octavia accepted a PUT.
    void record_accepted(listener_slots expected);

private:
    void agree(listener_slots on);
};

}  // namespace binding
