#pragma once

#include "binding/observed/observation.hpp"
#include "binding/resource/certificate_binding.hpp"
#include "fakes/cloud/cloud_rows.hpp"
#include "invariants/rules.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

// The rules that the provers hold the controller to. They judge by the requests and answers on the way alone:
// they read no state of the controller and call no function of its plan.
namespace prove {

using rules::entries_of;
using rules::slot_entry;

// A PUT of ours without an answer. The PUT may take effect until its deadline.
struct open_put
{
    support::uuid listener;
    support::uuid balancer;
    binding::listener_slots expected;
    support::time_point deadline{};
    bool of_this_process = true;
    // The next process need not know of this PUT, because somebody asked to leave its listener as it is.
    bool left = false;
};

// The requests to the cloud and its answers, as far as a rule asks for them. A crash loses the first part,
// because the next process has to read those facts again.
struct history
{
    struct listener_read
    {
        binding::listener_slots slots;
        cloud::provisioning_status status = cloud::provisioning_status::active;
        support::time_point at{};
    };
    struct listener_gone
    {
        support::time_point first{};
        support::time_point last{};
        cloud::project_scope scope;
    };
    struct ref_gone
    {
        support::time_point first{};
        support::time_point last{};
    };

    // The facts of this process.
    std::map<support::uuid, listener_read> reads;                   // the last answer, if it was the listener
    std::map<support::uuid, cloud::provisioning_status> balancers;  // by listener: as last read
    std::map<support::uuid, listener_gone> gone;                    // the last answers, if they were 404s
    std::map<cloud::container_ref, ref_gone> dead;                  // all 404s
    std::map<support::uuid, support::time_point> written;  // by listener: the last write to a binding
    std::map<std::string, support::time_point> certificate_active;  // by id: when the answer was ACTIVE
    std::map<support::uuid, binding::ledger> held;   // by binding: the ledger that is known to be ours
    std::map<support::uuid, binding::ledger> tried;  // by binding: of the last write if it was dropped
    std::map<support::uuid, support::time_point> pass_started;  // by listener
    std::set<support::uuid> unsure;   // bindings to which a write failed in this pass
    std::set<support::uuid> refused;  // bindings on a listener that Octavia has refused a PUT to

    // The facts of all processes.
    std::vector<open_put> open;
    std::set<support::uuid> in_flight;                       // load balancers
    std::map<support::uuid, std::set<slot_entry>> believed;  // by binding: what we put in its ledger
    std::map<support::uuid, std::set<slot_entry>> put;  // by binding: the entries PUT for it and not given up
    std::map<support::uuid, std::set<slot_entry>> ours;  // by listener: the entries that we put there
    // By listener and ref: since when the ref is there and dead.
    std::map<std::pair<support::uuid, cloud::container_ref>, support::time_point> harmful;
    std::optional<support::time_point> away_since;         // the certificate service
    std::optional<support::time_point> back_since;         // the certificate service, after it was away
    std::map<support::uuid, support::time_point> created;  // by binding
    std::map<support::uuid, support::time_point> changed;  // by binding: by people, its creation included
    std::map<std::string, support::time_point> usable;     // by id: since when without a break

    // Bindings whose status somebody else has changed and the controller has not written since.
    std::set<support::uuid> lost;

    std::vector<std::string> broken;  // sentences, each with the name of its invariant first
};

// The world at the moment of a check.
struct surroundings
{
    const std::map<support::uuid, binding::certificate_binding>& objects;
    const test::cloud_rows& cloud;
    const binding::settings& settings;
    support::time_point now{};
};

// The checks of a request before it takes effect.
void check_put(
    history& h, const surroundings& at, const support::uuid& listener, const cloud::listener_change& change
);
void check_status(
    history& h,
    const surroundings& at,
    const binding::certificate_binding& object,
    const binding::status& wanted
);
void check_release(history& h, const surroundings& at, const binding::certificate_binding& object);

// The slots of a listener with a change.
binding::listener_slots with(binding::listener_slots slots, const cloud::listener_change& change);
slot_entry wanted_by(const binding::certificate_binding& object);

// One of several bindings that want the same slot.
struct contender
{
    const binding::certificate_binding* object = nullptr;
    std::set<slot_entry> held;  // by its ledger
};

// oldest-wins: whether the first of two contenders is to have the slot that both want. The older binding has
// it. Of the same second has it the one that holds the ref that is there now, else the one with an entry for
// the slot, else the one with the smaller uid.
bool comes_first(const contender& one, const contender& other, const std::set<slot_entry>& shown);

}  // namespace prove
