#pragma once

#include "binding/plan/observation.hpp"
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
struct round
{
    binding::target target;
    std::shared_ptr<cloud::credential> credential;  // null: the target has none
    support::time_point started{};
    support::duration longest_look{};
    support::duration longest_certificate_look{};
    std::optional<support::time_point> committed_at;
    std::set<support::uuid> unwritable;
    std::map<support::uuid, int> conflicts;
    std::optional<sighting<std::vector<neighbour>>> neighbours;
    std::optional<binding::survey> survey;
    bool tried_before = false;        // the listener had been asked for
    std::optional<bool> could_write;  // as it began
    bool listener_changed = false;    // by a PUT of ours
    bool told_siblings = false;       // that one is to come which takes something of theirs off
    std::set<support::uuid> members;  // as it began
};

struct round_parts
{
    kube::client& kube;
    const credential_source& credentials;
    support::clock& clock;
    binding_store& store;
    std::map<target, target_memory>& memories;
    const binding::settings& settings;
    binding::observer& observer;
};

}  // namespace binding
