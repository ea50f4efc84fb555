#pragma once

#include "binding/observed/observation.hpp"
#include "binding/plan/plan.hpp"
#include "binding/reconcile/reconciler.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

// What gather and apply share of a round. Only the reconciler's files include it.
namespace binding {

inline constexpr std::size_t side_by_side = 16;  // looks and writes of one target

// What one round keeps beside the memory of its target.
struct pass
{
    binding::target target;
    std::shared_ptr<cloud::credential> credential;  // null: the target has none
    support::time_point started{};
    support::duration longest_read{};
    support::duration longest_certificate_read{};
    std::optional<support::time_point> committed_at;
    std::set<support::uuid> unwritable;
    std::map<support::uuid, int> conflicts;
    std::optional<observed<std::vector<other_listener>>> other_listeners;
    std::optional<binding::endpoint_check> endpoint_check;
    bool tried_before = false;        // the listener had been asked for
    std::optional<bool> could_write;  // as it began
    bool listener_changed = false;    // by a PUT of ours
    bool announced_to_peers = false;  // that one is to come which takes something of theirs off
    std::set<support::uuid> members;  // as it began
};

struct pass_parts
{
    kube::client& kube;
    const credential_source& credentials;
    support::clock& clock;
    binding_store& store;
    std::map<target, target_state>& memories;
    const binding::settings& settings;
    binding::event_sink& observer;
};

}  // namespace binding
