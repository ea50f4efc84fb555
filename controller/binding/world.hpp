#pragma once

#include "binding/certificate_binding.hpp"
#include "cloud/client.hpp"
#include "support/clock.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

// Everything that a plan is made from, as values: what was observed of a target and what is remembered
// between its rounds.
namespace binding {

// The unit of reconciliation: one listener through one credential.
struct target
{
    support::interned region;
    support::uuid listener;
    support::interned identity = {};    // the Keystone URL of the credential; empty: there is none
    support::interned credential = {};  // its id

    bool operator==(const target&) const = default;
    std::strong_ordering operator<=>(const target&) const = default;
};

// Whether both are of one listener: the same cloud, or no credential.
inline bool same_listener(const target& a, const target& b)
{
    return a.region == b.region && a.listener == b.listener &&
           (a.identity == b.identity || a.identity.empty() || b.identity.empty());
}

// The target but for its credential.
inline target listener_of(const certificate_binding& object)
{
    return {object.spec.region, object.spec.resource_id};
}

// All that acts with its credential.
inline target tenant_of(const target& target)
{
    return {{}, {}, target.identity, target.credential};
}

// Why a binding has no credential.
struct missing_credential
{
    binding::reason reason = reason::credentials_missing;
    std::string message;
    bool passes = false;  // it is only not known yet

    bool operator==(const missing_credential&) const = default;
};

struct settings
{
    support::duration resync_period = std::chrono::minutes(10);
    support::duration write_deadline = std::chrono::seconds(30);  // of a PUT, besides per_ref
    support::duration per_ref = std::chrono::milliseconds(600);   // for each ref in its body
    support::duration settle =
        std::chrono::milliseconds(100);  // a PUT waits this long after the last arrival ...
    support::duration settle_at_most =
        std::chrono::seconds(2);                        // ... but no longer than this after the first
    support::duration proof = std::chrono::seconds(5);  // between the two 404s that prove "gone" or "dead"
    support::duration fresh_certificate = std::chrono::seconds(10);  // age of the check of what a PUT adds
    support::duration fresh_lookup = std::chrono::seconds(60);       // age of the look-up of what a PUT keeps
    support::duration grace = std::chrono::minutes(5);      // in which what is not found may still be created
    std::vector<int> expiry_warning_days{30, 14, 7, 3, 1};  // before the end of a certificate
};

// An answer and when its question was sent: what it says was true at that time or later.
template <class T>
struct sighting
{
    support::time_point asked_at;
    T value;
};

struct ref_sighting
{
    support::time_point asked_at{};
    cloud::ref_state state = cloud::ref_state::unknown;
    std::optional<support::time_point> dead_since;  // when the first of an unbroken row of 404s was asked for
};

// Rule 7, the quarantine: no PUT adds this certificate, because Octavia refuses it. Its condition
// Ready=False/CertificateRefused is the record of it that a start believes.
struct refusal
{
    support::uuid certificate_id;
    slot refused_slot = slot::sni;
    std::string message;
    support::time_point until{};  // it is over then, if no other binding wants the same
};

inline constexpr support::duration quarantine_lasts = std::chrono::hours(1);

// Rule 7: a ref that Octavia named when it refused a PUT, and has not accepted since.
struct named_ref
{
    support::time_point at{};     // when it was named last
    support::time_point until{};  // before that it is not sent again, though it can be read
    int times = 0;
    bool lasting = false;  // often enough to be no moment of trouble
    std::string message;
};

// What a PUT adds, and for which binding, as it was when the PUT was planned.
struct addition
{
    support::uuid binding;
    support::uuid certificate_id;
    binding::slot slot = binding::slot::sni;
    std::string container_ref;

    bool operator==(const addition&) const = default;
};

// Rule 7: Octavia refused a PUT without naming a ref, and one of these, which the PUT would have added, is
// bad. Of what it refused last, what it has not accepted since.
struct suspicion
{
    std::vector<addition> suspects;  // two or more
    std::string message;
};

// Every PUT fails, whatever it adds.
struct standstill
{
    std::string message;
    support::time_point until{};
    int times = 0;
};

struct binding_memory
{
    std::optional<ledger> held;  // the ledger as we last wrote it, or as it was when we first saw the binding
    std::optional<ledger> tried;  // what a later write of ours would have made of it, whose answer was lost:
                                  // once it is seen it is what we wrote
    // Our last write, whatever came of it, lets the binding go: it leaves nothing on the listener that is not
    // somebody's.
    bool released = false;
    std::int64_t generation = 0;
    support::time_point generation_since{};
    bool generation_is_new = false;  // it began while we watched, so generation_since is its beginning
    support::interned requested_at;
    support::uuid certificate_id;  // what `certificate` is about
    std::optional<sighting<cloud::answer<cloud::certificate>>> certificate;
    int certificate_polls = 0;  // looks in a row that found it not usable
    std::optional<refusal> refused;
    std::optional<support::time_point> verified_at;  // when it was last read back as attached
};

enum class put_phase
{
    accepted,      // Octavia said yes; the load balancer is being changed
    in_doubt,      // sent without Octavia's own answer: it may take effect until `deadline`
    before_start,  // an unconfirmed entry was found at the start: an earlier process's PUT may take effect
                   // until `deadline`
};

struct listener_slots
{
    std::optional<std::string> default_ref;
    std::vector<std::string> sni_refs;
};

// A PUT whose end has not been seen.
struct put_memory
{
    put_phase phase = put_phase::accepted;
    listener_slots from;      // the listener that it was planned from
    listener_slots expected;  // of the listener afterwards; unknown before_start
    // The last read while it was under way, where that showed neither: somebody else's change.
    std::optional<listener_slots> meanwhile;
    support::time_point deadline{};
    bool refs_counted = false;  // before_start: the refs of the listener are in `deadline`
    int polls = 0;
};

// Rule 13: what accepted PUTs have put into a slot or taken off the SNI list, all in the same direction.
struct move
{
    bool added = false;
    int times = 0;             // from the second on it was to repair what somebody else had undone
    support::time_point at{};  // the last of them
};

// What was seen of another listener for the sake of this one (rule 4), with this one's credential and, where
// that may not know a certificate, with the other's. It is kept apart from what the other one sees for
// itself.
struct view_from_here
{
    support::time_point asked_at{};
    std::optional<support::uuid> load_balancer_id;  // as it was last read
    std::optional<cloud::place> not_ours_in;        // it was not there, or not for us to read, in this cloud
    bool silent = false;                            // it was waited for in vain
    std::map<std::string, ref_sighting> refs;       // by ref_key
};

struct target_memory
{
    std::optional<sighting<cloud::answer<cloud::place>>> place;
    std::optional<sighting<cloud::answer<cloud::listener>>> listener;
    std::optional<sighting<cloud::answer<cloud::load_balancer>>> load_balancer;
    std::map<std::string, ref_sighting> refs;  // by ref_key
    std::optional<support::time_point>
        gone_since;  // when the first of an unbroken row of 404s of the listener was asked for
    std::optional<cloud::place> gone_place;
    // Of the listener when it was last read.
    std::optional<support::uuid> load_balancer_id;
    std::optional<put_memory> put;
    std::optional<sighting<cloud::error>> put_error;  // the last PUT had no effect
    // As the last PUT showed that was taken, or refused for want of a right (403, or 401 where access rules
    // leave it out); empty: there was none.
    std::optional<bool> may_write;
    std::optional<support::time_point> first_arrival;  // of changes that the next PUT is to carry together
    support::time_point last_arrival{};
    int busy_polls = 0;  // looks in a row that found the load balancer busy with something that is not ours
    int error_puts = 0;  // PUTs in a row after which the listener was in ERROR
    std::optional<support::time_point> next_error_put;
    std::map<std::string, named_ref> named;  // by ref_key
    std::optional<binding::suspicion> suspicion;
    std::optional<standstill> blocked;  // rule 7: Octavia names nothing, and nothing of ours was added
    // Rule 9: PUTs in a row without Octavia's own answer, the last of them without effect; the next one
    // waits.
    std::optional<standstill> unanswered;
    std::map<std::pair<slot, std::string>, move> moves;  // of the last hours, by slot and ref_key
    bool asked_to_clean = false;  // another listener of the load balancer waits until our dead refs are gone
    std::unordered_map<support::uuid, binding_memory> bindings;
    std::map<target, view_from_here> neighbours;
    std::optional<support::time_point>
        silent_at;       // when the listener was waited for in vain, if that was last
    bool tried = false;  // the listener was asked for, whatever came of it
    std::optional<support::time_point> siblings_since;         // when it was first seen that there are any
    std::map<support::uuid, support::time_point> heirs_since;  // those of other targets: see remember_heirs()
};

// A binding of the same listener that acts with another credential (rule 14).
struct sibling
{
    const certificate_binding* object = nullptr;
    const binding_memory* memory = nullptr;  // of its own target
    binding::target where;
    bool reads_listener = false;
    bool may_not_write = false;  // Octavia has refused it, though it reads the listener
};

// Another listener with a binding of ours on the same load balancer, as far as rule 4 asks.
struct neighbour
{
    binding::target target;
    std::string dead_ref;  // a ref on it that is dead; empty: none
    std::string doubt;     // why it is not known yet whether there is one; empty: it is
    bool ours = false;     // the dead ref is ours and its own target can let go of it
};

// Rule 4, the wrong endpoint: refs of ours on other listeners of the region, each looked up once.
struct survey
{
    std::size_t looked_up = 0;  // with a certain answer
    std::size_t dead = 0;       // of these
};

// Whether a ledger was written through the cloud and project of `place`, by whatever endpoint.
inline bool same_cloud(const ledger_place& written, const cloud::place& place)
{
    return written.identity.view() == place.identity && written.project_id.view() == place.project_id &&
           written.region.view() == place.region;
}

enum class lane_state
{
    free,
    ours,
    taken,
};

struct world
{
    support::time_point now{};
    support::wall_time wall{};
    const binding::settings* settings = nullptr;
    support::time_point round_started{};
    support::duration longest_look{};                     // of this round, of all that is asked for at once
    support::duration longest_certificate_look{};         // of this round, of one certificate
    std::optional<support::time_point> committed_at;      // the last write to Kubernetes in this round
    std::vector<const certificate_binding*> bindings;     // of the target, oldest first
    std::map<support::uuid, missing_credential> missing;  // where the target has no credential: why
    std::vector<sibling> siblings;                        // oldest first
    std::optional<support::time_point> sibling_put;       // the deadline of a PUT of theirs
    bool siblings_unread = false;  // one of them has not tried to read the listener yet
    bool controllers_credential = false;
    std::set<support::uuid> lent;        // deletions for which the credential may only take away its own
    std::set<support::uuid> unwritable;  // writes to these failed in this round
    const target_memory* memory = nullptr;
    lane_state lane = lane_state::free;
    bool siblings_have_lane = false;  // another target of the listener has it, or its turn
    bool lane_is_wanted = false;      // by others, while we have it
    bool put_ended = false;           // in this round, for a PUT of ours
    std::optional<sighting<std::vector<neighbour>>> neighbours;  // looked at in this round
    std::optional<binding::survey> survey;                       // made in this round
};

}  // namespace binding
