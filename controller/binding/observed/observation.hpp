#pragma once

#include "binding/credentials/credential_source.hpp"
#include "binding/observed/target_state.hpp"
#include "binding/resource/certificate_binding.hpp"
#include "binding/settings.hpp"
#include "binding/target.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

// The input of the plan, and the reads that the plan may ask for.
namespace binding {

// A binding of the same listener that acts with another credential (own-credential).
struct peer
{
    const certificate_binding* object = nullptr;
    const binding_state* state = nullptr;  // in the state of its own target
    binding::target target;
    bool reads_listener = false;
    // Octavia has refused a PUT of its credential, though the credential reads the listener.
    bool may_not_write = false;
};

// Another listener of the same load balancer with a binding of ours, as far as readable-before-write asks.
struct other_listener
{
    support::uuid listener;
    std::vector<target> targets;    // of the listener
    cloud::container_ref dead_ref;  // a dead ref on it; empty: none
    std::string doubt;              // why a dead ref may be on it that is not known yet; empty: all is known
    bool ours = false;              // the dead ref is ours, and a target of the listener can remove it
};

// Refs of ours on other listeners of the region, each looked up once: many dead ones hint at a wrong endpoint
// (readable-before-write).
struct endpoint_check
{
    std::size_t looked_up = 0;  // with a certain answer
    std::size_t dead = 0;       // of these
};

// The place of the target in the load-balancer queue.
enum class turn_state
{
    free,
    ours,
    taken,
};

// All that is known about one target at one moment. Pointers hold until the next change of the store.
struct observation
{
    support::time_point now{};
    support::wall_time wall{};
    const binding::settings* settings = nullptr;
    const target_facts* state = nullptr;

    // ---- the pass ----
    support::time_point pass_started{};
    support::duration longest_read{};                 // of this pass, of all that was asked for at once
    support::duration longest_certificate_read{};     // of this pass, of one certificate
    std::optional<support::time_point> committed_at;  // the last write to Kubernetes in this pass
    support::time_point last_arrival{};               // when a change of any target's binding was seen last
    std::set<support::uuid> unwritable;               // writes to these bindings failed in this pass
    bool put_ended = false;                           // a PUT of ours ended in this pass

    // ---- the bindings and their credential ----
    std::vector<const certificate_binding*> bindings;  // of the target, oldest first
    std::optional<std::string> divided;  // why the listener belongs to another controller, for people
    std::map<support::uuid, missing_credential> missing;  // where the target has no credential: why
    bool controllers_credential = false;
    // Deletions for which the credential may only remove what was attached with it.
    std::set<support::uuid> borrowed;

    // ---- peers ----
    std::vector<peer> peers;                               // oldest first
    std::optional<support::time_point> peer_put_deadline;  // of a PUT of a peer that may still take effect
    bool peers_unread = false;                             // a peer has not tried to read the listener yet

    // ---- the load balancer ----
    turn_state turn = turn_state::free;
    bool peer_has_turn = false;   // another target of the listener has the turn, or is next
    bool turn_is_wanted = false;  // another target waits while the turn is ours
    std::optional<observed<std::vector<other_listener>>> other_listeners;  // read in this pass
    std::optional<binding::endpoint_check> endpoint_check;                 // made in this pass
};

// The reads that the plan needs before it can go on. The answers become part of the next observation.
struct read
{
    bool scope = false;
    bool listener = false;
    bool load_balancer = false;
    bool other_listeners = false;
    bool endpoint_check = false;
    std::vector<support::uuid> certificates{};  // by the uid of the binding
    std::vector<cloud::container_ref> refs{};
};

}  // namespace binding
