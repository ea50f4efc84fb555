#pragma once

#include "binding/resource/certificate_binding.hpp"
#include "binding/slots/listener_slots.hpp"
#include "cloud/client.hpp"

#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

// What the slots of a listener should hold, from its bindings, their ledgers and what it holds now (rules 1,
// 2, 5, 6, 8).
namespace binding {

// One binding of the target as this decision sees it.
struct slot_request
{
    const certificate_binding* object = nullptr;
    ledger held;
    std::optional<cloud::container_ref> ref;  // its certificate's container ref, if it is known
    bool attachable =
        false;  // the certificate may be added now: usable, not expired, not refused, room in the ledger
    bool deferred = false;       // attachable, but not in this PUT: it keeps its part in conflicts
    bool leaving = false;        // being deleted, and to be detached
    bool left_in_place = false;  // being deleted, and to be left on the listener: its entries are nobody's
    bool of_peer = false;        // of another credential (rule 14): it counts, and its own target acts for it
    bool cannot_act = false;     // of_peer, and its own target cannot act now: nobody waits until it leaves
    bool unwritable = false;  // leaving, but what it loses cannot be committed now: its entries stay, and do
                              // not count as what a listener is left with (rule 5)
};

// What becomes of one claim.
struct placement
{
    bool present =
        false;  // its certificate is in its wanted slot on the listener now, and not as another's alone
    bool wins = false;                            // nobody older wants the same
    const certificate_binding* winner = nullptr;  // if it does not win
    bool placed = false;                          // its certificate is in its wanted slot afterwards
    bool kept_as_last =
        false;  // rule 5: its entry stays, because the listener would be left without a certificate
    std::vector<attachment>
        kept;  // its entries that stay on the listener though it no longer wants them (rule 8, rule 5)
    std::vector<attachment> removed;  // its entries that go
};

enum class default_end
{
    unchanged,
    ours,      // a binding's certificate
    restored,  // the remembered foreign default
};

struct assignment
{
    listener_slots after;
    cloud::listener_change change;      // only what differs from now
    std::vector<placement> placements;  // in the order of the input
    default_end default_ref = default_end::unchanged;
    cloud::container_ref restored_ref;
    std::vector<cloud::container_ref> foreign;  // refs of the listener that no ledger of ours holds
};

struct assignment_input
{
    listener_slots now;
    std::vector<slot_request> requests;   // oldest first
    std::set<cloud::container_ref> dead;  // refs of ours that must not stay (rule 4)
    std::set<cloud::container_ref>
        later;  // refs of ours that are taken off the SNI list another time (rule 13)
    // Whether a ref can be read by our credential; nullopt: not looked up yet.
    std::map<cloud::container_ref, bool> readable;
};

// Refs whose readability decides the outcome but is not in input.readable.
struct unread_refs
{
    std::vector<cloud::container_ref> refs;
};

// Either the outcome, or what has to be looked up first.
std::variant<assignment, unread_refs> assign_slots(const assignment_input& input);

}  // namespace binding
