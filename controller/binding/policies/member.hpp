#pragma once

#include "binding/observed/observation.hpp"
#include "binding/slots/assignment.hpp"
#include "binding/status/ready_status.hpp"

#include <optional>
#include <vector>

namespace binding {

// Why a certificate that may be attached is left out of this PUT, or one that goes is not removed by it. The
// binding keeps its part in conflicts (quarantine, contested).
struct deferral
{
    ready_status status;
    std::optional<support::time_point> until;
};

// One binding of the listener with all that is decided about it before its status is reported.
struct member
{
    const binding_state* state = nullptr;
    slot_request request;                  // the object, the believed ledger, what it wants
    std::optional<ready_status> obstacle;  // why its certificate may not be attached now
    std::optional<binding::deferral> deferral;
    binding::placement placement;  // once the slots are assigned

    const certificate_binding& object() const { return *request.object; }
    const ledger& held() const { return request.held; }
    bool deleting() const { return object().deleting; }
    bool is_peer() const { return request.of_peer; }

    // The PUT adds its certificate.
    bool adds() const { return placement.placed && !placement.present; }
    // The PUT is for it.
    bool affected() const { return adds() || !placement.removed.empty(); }
};

// Own bindings oldest first, then those of peers.
using members = std::vector<member>;

// The bindings of the target with their believed ledgers. A deletion without our finalizer goes without us:
// what it left on the listener is foreign.
members own_members(const observation& observation);

// What each of them may have of the listener, and what peers hold and want of it.
members evaluate(const observation& observation, const listener_slots& slots, members own);

bool has_unconfirmed(const ledger& held);

// Whether the binding itself, or its policy, leaves its certificates on the listener; and a deletion without
// an entry detaches nothing, so nothing is to be asked of the cloud (ownership).
bool is_left_in_place(const certificate_binding& object, const ledger& held);

// The credential is lent for deletions in a namespace that lost it: it may remove what was attached with it,
// and nothing else.
bool cannot_detach_with_borrowed_credential(const observation& observation, const member& member);

}  // namespace binding
