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

// Everything that a plan is made from, as values.
namespace binding {

// A binding of the same listener that acts with another credential (rule 14).
struct peer
{
    const certificate_binding* object = nullptr;
    const binding_state* memory = nullptr;  // of its own target
    binding::target where;
    bool reads_listener = false;
    bool may_not_write = false;  // Octavia has refused it, though it reads the listener
};

// Another listener with a binding of ours on the same load balancer, as far as rule 4 asks.
struct other_listener
{
    binding::target target;
    cloud::container_ref dead_ref;  // a ref on it that is dead; empty: none
    std::string doubt;              // why it is not known yet whether there is one; empty: it is
    bool ours = false;              // the dead ref is ours and its own target can let go of it
};

// Rule 4, the wrong endpoint: refs of ours on other listeners of the region, each looked up once.
struct endpoint_check
{
    std::size_t looked_up = 0;  // with a certain answer
    std::size_t dead = 0;       // of these
};

enum class turn_state
{
    free,
    ours,
    taken,
};

struct observation
{
    support::time_point now{};
    support::wall_time wall{};
    const binding::settings* settings = nullptr;
    support::time_point pass_started{};
    support::duration longest_read{};                      // of this round, of all that is asked for at once
    support::duration longest_certificate_read{};          // of this round, of one certificate
    std::optional<support::time_point> committed_at;       // the last write to Kubernetes in this round
    std::vector<const certificate_binding*> bindings;      // of the target, oldest first
    std::map<support::uuid, missing_credential> missing;   // where the target has no credential: why
    std::vector<peer> peers;                               // oldest first
    std::optional<support::time_point> peer_put_deadline;  // the deadline of a PUT of theirs
    bool peers_unread = false;  // one of them has not tried to read the listener yet
    bool controllers_credential = false;
    std::set<support::uuid> borrowed;    // deletions for which the credential may only take away its own
    std::set<support::uuid> unwritable;  // writes to these failed in this round
    const target_state* memory = nullptr;
    turn_state turn = turn_state::free;
    bool peer_has_turn = false;   // another target of the listener has it, or its turn
    bool turn_is_wanted = false;  // by others, while we have it
    bool put_ended = false;       // in this round, for a PUT of ours
    std::optional<observed<std::vector<other_listener>>> other_listeners;  // looked at in this round
    std::optional<binding::endpoint_check> endpoint_check;                 // made in this round
};

}  // namespace binding
