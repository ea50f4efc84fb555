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

// What the provers hold the controller to, written from the rules of design and from what was sent and
// answered on the way alone: it reads no memory of the controller and calls nothing of its plan.
namespace prove {

using rules::entries_of;
using rules::slot_entry;

// A PUT of ours that nobody has answered: it may take effect until its deadline.
struct open_put
{
    support::uuid listener;
    support::uuid balancer;
    binding::listener_slots expected;
    support::time_point deadline{};
    bool of_this_process = true;
    bool left =
        false;  // somebody asked to leave its listener as it is, so the next process need not know of it
};

// What was sent to the cloud and what it answered, as far as a rule asks. What a crash loses of it is what
// the next process has to ask for again.
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

    // Of this process.
    std::map<support::uuid, listener_read> reads;                   // the last answer, if it was the listener
    std::map<support::uuid, cloud::provisioning_status> balancers;  // by listener: as it was read last for it
    std::map<support::uuid, listener_gone> gone;                    // the last answers, if they were 404s
    std::map<cloud::container_ref, ref_gone> dead;                  // all 404s
    std::map<support::uuid, support::time_point> written;  // by listener: the last write to a binding
    std::map<std::string, support::time_point>
        certificate_active;                         // by id: when it was asked for with that answer
    std::map<support::uuid, binding::ledger> held;  // by binding: the ledger that is known to be ours
    std::map<support::uuid, support::time_point> pass_started;  // by listener
    std::set<support::uuid> unsure;   // bindings to which a write failed in this round
    std::set<support::uuid> refused;  // bindings on a listener that Octavia has refused a PUT to

    // Of all processes.
    std::vector<open_put> open;
    std::set<support::uuid> in_flight;                       // load balancers
    std::map<support::uuid, std::set<slot_entry>> believed;  // by binding: what we put in its ledger
    std::map<support::uuid, std::set<slot_entry>> put;   // by binding: what was PUT for it and not given up
    std::map<support::uuid, std::set<slot_entry>> ours;  // by listener: what is there because we put it there
    // By listener and ref: since when it is there and dead.
    std::map<std::pair<support::uuid, cloud::container_ref>, support::time_point> harmful;
    std::optional<support::time_point> away_since;         // the certificate service
    std::optional<support::time_point> back_since;         // ... after it was away
    std::map<support::uuid, support::time_point> created;  // by binding
    std::map<support::uuid, support::time_point> changed;  // by binding: by people, its creation included
    std::map<std::string, support::time_point> usable;     // by id: since when, in one row

    std::set<support::uuid>
        lost;  // bindings whose status somebody else has changed, and we not written since

    std::vector<std::string> broken;  // what was found, the name of the invariant first
};

// What the history is looked at with.
struct surroundings
{
    const std::map<support::uuid, binding::certificate_binding>& objects;
    const test::cloud_rows& cloud;
    const binding::settings& settings;
    support::time_point now{};
};

// Before they take effect:
void look_at_put(
    history& h, const surroundings& at, const support::uuid& listener, const cloud::listener_change& change
);
void look_at_status(
    history& h,
    const surroundings& at,
    const binding::certificate_binding& object,
    const binding::status& wanted
);
void look_at_release(history& h, const surroundings& at, const binding::certificate_binding& object);

// The slots of a listener with a change.
binding::listener_slots with(binding::listener_slots slots, const cloud::listener_change& change);
slot_entry wanted_by(const binding::certificate_binding& object);

// One of several bindings that want the same slot.
struct contender
{
    const binding::certificate_binding* object = nullptr;
    std::set<slot_entry> held;  // by its ledger
};

// oldest-wins: whether the first of the two is to have what both want: the older one, of the same second the
// one that holds what is there now, else the one that has an entry for the slot, else the smaller uid.
bool comes_first(const contender& one, const contender& other, const std::set<slot_entry>& shown);

}  // namespace prove
