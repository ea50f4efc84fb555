#pragma once

#include "binding/slots/default_slot.hpp"
#include "binding/slots/slot_request.hpp"
#include "cloud/client.hpp"

#include <variant>
#include <vector>

// What the slots of a listener should hold, from what its bindings want, their ledgers and what it holds now.
//
// Flow
//   1. compete(): who has what several bindings want (oldest-wins).
//   2. A winner is placed whose certificate is there or may be added now.
//   3. sni_afterwards() and default_afterwards(): what each slot holds then (ownership, gapless-rotation).
//   4. Of what would leave the listener without any certificate one ref stays (never-without-default).
//   5. Each request learns which of its entries go, and which stay though it no longer wants them.
// Guarantees
//   - The change names a slot only if its set of certificates differs (narrow-writes).
//   - Refs keep the spelling that they have on the listener.
//   - It is a function of its input alone.
// Assumptions
//   - All bindings of the listener are among the requests, also those of other credentials.
// Caveats
//   - Whether a remembered default can be read may have to be looked up first. Then there is no outcome yet.
namespace binding {

struct assignment
{
    listener_slots after;
    // Only what differs from now.
    cloud::listener_change change;
    // In the order of the requests.
    std::vector<placement> placements;
    default_end default_ref = default_end::unchanged;
    // The foreign default that goes back; empty: none.
    cloud::container_ref restored_ref;
};

// Refs whose readability decides the outcome and is not in assignment_input::readable.
struct unread_refs
{
    std::vector<cloud::container_ref> refs;
};

// Either the outcome, or what has to be looked up first.
std::variant<assignment, unread_refs> assign_slots(const assignment_input& input);

}  // namespace binding
