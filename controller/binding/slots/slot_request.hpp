#pragma once

#include "binding/resource/certificate_binding.hpp"
#include "binding/slots/ledger.hpp"
#include "binding/slots/listener_slots.hpp"

#include <map>
#include <optional>
#include <set>
#include <vector>

// What the bindings of a listener ask of its slots, and what becomes of each request.
namespace binding {

// One binding of the listener as the assignment sees it.
struct slot_request
{
    const certificate_binding* object = nullptr;
    ledger held;
    // The container ref of its certificate, if it is known.
    std::optional<cloud::container_ref> ref;
    // The certificate may be attached now: usable, not expired, not refused, room in the ledger.
    bool attachable = false;
    // Attachable, but left out of this PUT; it keeps its part in conflicts.
    bool deferred = false;
    // Being deleted, and to be detached.
    bool leaving = false;
    // Being deleted, and to be left on the listener, so its entries are nobody's.
    bool left_in_place = false;
    // Of a peer (own-credential): it takes part in conflicts, and the peer's target acts for it.
    bool of_peer = false;
    // Of a peer whose target cannot act now, so nobody waits until it leaves.
    bool cannot_act = false;
    // Leaving, but what it loses cannot be committed now. So its entries stay, and do not count as what the
    // listener is left with (never-without-default).
    bool unwritable = false;

    bool is_live() const { return !leaving && !left_in_place; }
    // Whether this PUT may add its certificate.
    bool may_be_added() const { return attachable && !deferred && !of_peer; }
    // Whether an entry of its ledger makes the ref in that slot ours.
    bool owns(const cloud::container_ref& owned, slot in) const
    {
        return !left_in_place && holds(held, owned, in);
    }
};

// What becomes of one request.
struct placement
{
    // Its certificate is in the slot that it wants now, and not there as another binding's alone.
    bool present = false;
    // No binding that comes before it wants the same (oldest-wins).
    bool wins = false;
    // Who wins instead of it.
    const certificate_binding* winner = nullptr;
    // Its certificate is in the slot that it wants afterwards.
    bool placed = false;
    // Its entry stays because the listener would be left without a default certificate, or with no
    // certificate at all (never-without-default).
    bool kept_as_last = false;
    // Its entries that stay though it no longer wants them (gapless-rotation, never-without-default).
    std::vector<attachment> kept;
    // Its entries that go.
    std::vector<attachment> removed;
};

struct assignment_input
{
    // What the slots of the listener hold now.
    listener_slots now;
    // Of all bindings of the listener, peers included; ours are the oldest first.
    std::vector<slot_request> requests;
    // Refs of ours that must not stay, because they are dead (readable-before-write).
    std::set<cloud::container_ref> dead;
    // Refs of ours that are taken off the SNI list another time (contested).
    std::set<cloud::container_ref> later;
    // Whether our credential can read a ref; the others have not been looked up.
    std::map<cloud::container_ref, bool> readable;

    bool is_dead(const cloud::container_ref& ref) const { return dead.contains(ref); }
    // Whether an entry of any ledger of ours, peers included, makes the ref in that slot ours (ownership).
    bool is_ours(const cloud::container_ref& ref, slot in) const;
    // Whether a ref of ours in that slot is a peer's to take off (own-credential).
    bool is_left_to_peer(const cloud::container_ref& ref, slot in) const;
};

}  // namespace binding
