#pragma once

#include "binding/observed/observation.hpp"
#include "binding/slots/assignment.hpp"
#include "binding/status/ready_status.hpp"

#include <optional>
#include <vector>

namespace binding {

// Why an attachable certificate is left out of this PUT, or a removal is not part of it (quarantine,
// contested). The binding keeps its part in conflicts.
struct deferral
{
    ready_status status;
    std::optional<support::time_point> until;
};

// One binding of the listener, with all decisions about it that its status needs.
struct member
{
    const binding_state* state = nullptr;
    slot_request request;                  // the object, the believed ledger, the wanted ref
    std::optional<ready_status> obstacle;  // why the certificate may not be attached now
    std::optional<binding::deferral> deferral;
    binding::placement placement;  // after assign()

    const certificate_binding& object() const { return *request.object; }
    const ledger& held() const { return request.held; }
    bool deleting() const { return object().deleting; }
    bool is_peer() const { return request.of_peer; }

    // The PUT adds the certificate of the binding.
    bool adds() const { return placement.placed && !placement.present; }
    // The PUT adds or removes a certificate of the binding.
    bool affected() const { return adds() || !placement.removed.empty(); }
};

// Own bindings oldest first, then those of peers.
using members = std::vector<member>;

// The bindings of the target with their believed ledgers. A deletion without the controller's finalizer is
// left out, because Kubernetes removes it without the controller; its refs on the listener are foreign.
members own_members(const observation& observation);

// Adds to each own member what it may have of the listener, and appends the peers with what they hold and
// want.
members evaluate(const observation& observation, const listener_slots& slots, members own);

bool has_unconfirmed(const ledger& held);

// The deletion leaves the listener as it is, because the binding asks for that (Retain, abandon) or because
// its ledger has no entry (ownership). The cloud need not be asked.
bool is_left_in_place(const certificate_binding& object, const ledger& held);

// A namespace that is not admitted any more may still use the controller's credential, but only to detach
// what was attached with that credential.
bool cannot_detach_with_borrowed_credential(const observation& observation, const member& member);

}  // namespace binding
