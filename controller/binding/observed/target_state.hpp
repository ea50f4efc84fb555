#pragma once

#include "binding/observed/observed.hpp"
#include "binding/resource/certificate_binding.hpp"
#include "binding/settings.hpp"
#include "binding/slots/listener_slots.hpp"
#include "binding/target.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace binding {

// quarantine: no PUT adds this certificate, because Octavia refuses it. Its condition
// Ready=False/CertificateRefused is the record of it that a start believes.
struct quarantine
{
    support::uuid certificate_id;
    slot refused_slot = slot::sni;
    std::string message;
    support::time_point until{};  // it is over then, if no other binding wants the same
};

inline constexpr support::duration quarantine_duration = std::chrono::hours(1);

// quarantine: a ref that Octavia named when it refused a PUT, and has not accepted since.
struct refused_ref
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
    cloud::container_ref container_ref;

    bool operator==(const addition&) const = default;
};

// quarantine: Octavia refused a PUT without naming a ref, and one of these, which the PUT would have added,
// is bad. Of what it refused last, what it has not accepted since.
struct bisection
{
    std::vector<addition> suspects;  // two or more
    std::string message;
};

// Every PUT fails, whatever it adds.
struct write_backoff
{
    std::string message;
    support::time_point until{};
    int times = 0;
};

struct binding_state
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
    std::optional<observed<cloud::answer<cloud::certificate>>> certificate;
    int certificate_polls = 0;  // looks in a row that found it not usable
    std::optional<binding::quarantine> quarantine;
    std::optional<support::time_point> verified_at;  // when it was last read back as attached
};

enum class put_phase
{
    accepted,      // Octavia said yes; the load balancer is being changed
    in_doubt,      // sent without Octavia's own answer: it may take effect until `deadline`
    before_start,  // an unconfirmed entry was found at the start: an earlier process's PUT may take effect
                   // until `deadline`
};

// A PUT whose end has not been seen.
struct put_state
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

// contested: what accepted PUTs have put into a slot or taken off the SNI list, all in the same direction.
struct ownership_change
{
    bool added = false;
    int times = 0;             // from the second on it was to repair what somebody else had undone
    support::time_point at{};  // the last of them
};

// What was seen of another listener for the sake of this one (readable-before-write), with this one's
// credential and, where that may not know a certificate, with the other's. It is kept apart from what the
// other one sees for itself.
struct other_listener_state
{
    support::time_point asked_at{};
    std::optional<support::uuid> load_balancer_id;   // as it was last read
    std::optional<cloud::project_scope> refused_in;  // it was not there, or not for us to read, in this cloud
    bool timed_out = false;                          // it was waited for in vain
    std::map<cloud::container_ref, ref_observation> refs;
};

// All that is known of one target: what was read of it, the PUT under way, what was refused, what others do.
//
// Flow: a pass enters what it observes, through the record_ functions below; the plan reads. Guarantees: only
// the
//   passes of the target itself and reconcile_state write to it; another target asks through reconcile_state.
//   What status says is believed when it is first seen, and never again: see believed_ledger(). Caveats: no
//   reference to it is kept across a co_await, because the last pass of a target without bindings forgets it.
struct target_state
{
    std::optional<observed<cloud::answer<cloud::project_scope>>> scope;
    std::optional<observed<cloud::answer<cloud::listener>>> listener;
    std::optional<observed<cloud::answer<cloud::load_balancer>>> load_balancer;
    std::map<cloud::container_ref, ref_observation> refs;
    std::optional<support::time_point>
        gone_since;  // when the first of an unbroken row of 404s of the listener was asked for
    std::optional<cloud::project_scope> gone_place;
    // Of the listener when it was last read.
    std::optional<support::uuid> load_balancer_id;
    std::optional<put_state> put;
    std::optional<observed<cloud::error>> put_error;  // the last PUT had no effect
    // As the last PUT showed that was taken, or refused for want of a right (403, or 401 where access rules
    // leave it out); empty: there was none.
    std::optional<bool> may_write;
    std::optional<support::time_point> first_arrival;  // of changes that the next PUT is to carry together
    support::time_point last_arrival{};
    int busy_polls = 0;  // looks in a row that found the load balancer busy with something that is not ours
    int error_puts = 0;  // PUTs in a row after which the listener was in ERROR
    std::optional<support::time_point> next_error_put;
    std::map<cloud::container_ref, refused_ref> refused_refs;
    std::optional<binding::bisection> bisection;
    std::optional<write_backoff> blocked;  // quarantine: Octavia names nothing, and nothing of ours was added
    // unanswered-writes: PUTs in a row without Octavia's own answer, the last of them without effect; the
    // next one waits.
    std::optional<write_backoff> unanswered;
    // Of the last hours.
    std::map<std::pair<slot, cloud::container_ref>, ownership_change> ownership_changes;
    bool cleanup_requested =
        false;  // another listener of the load balancer waits until our dead refs are gone
    std::unordered_map<support::uuid, binding_state> bindings;
    std::map<target, other_listener_state> other_listeners;
    std::optional<support::time_point>
        timed_out_at;    // when the listener was waited for in vain, if that was last
    bool tried = false;  // the listener was asked for, whatever came of it
    std::optional<support::time_point> peers_since;            // when it was first seen that there are any
    std::map<support::uuid, support::time_point> heirs_since;  // those of other targets: see remember_heirs()
};

// A look at the bindings of the target: new ones, changed ones, those that are gone. `started` tells whether
// the process has just begun, when an unconfirmed entry may belong to a PUT of an earlier process
// (unanswered-writes).
void record_bindings(
    target_state& memory,
    const std::vector<const certificate_binding*>& bindings,
    const settings& settings,
    support::time_point now,
    support::wall_time wall,
    std::optional<support::time_point> started
);

// unanswered-writes, of what is first seen: until when a PUT of an earlier process may take effect, as far as
// the ledgers tell; empty: every entry is confirmed.
std::optional<support::time_point> deadline_before_start(
    const std::vector<const certificate_binding*>& bindings,
    const settings& settings,
    support::time_point started
);

void record_scope(target_state& memory, observed<cloud::answer<cloud::project_scope>> seen);
void record_listener(
    target_state& memory, const settings& settings, observed<cloud::answer<cloud::listener>> seen
);
// Whether one had to wait for an answer that was none.
bool has_timed_out(
    support::time_point asked_at, support::time_point now, const cloud::answer<cloud::listener>& seen
);
// The cloud has said that it is not there, or not for this credential.
bool is_refusal(const cloud::error& error);
// It says nothing but that there is no answer now.
bool passes(const cloud::error& error);
void record_load_balancer(target_state& memory, observed<cloud::answer<cloud::load_balancer>> seen);
void record_certificate(
    target_state& memory,
    support::uuid binding,
    support::uuid certificate_id,
    observed<cloud::answer<cloud::certificate>> seen
);
void record_ref(
    std::map<cloud::container_ref, ref_observation>& refs,
    const cloud::container_ref& ref,
    support::time_point asked_at,
    cloud::ref_state state
);

// What was seen of another listener of the load balancer, with this target's credential. Needs the scope.
void record_other_listener(
    target_state& memory,
    const target& other,
    const observed<cloud::answer<cloud::listener>>& seen,
    support::time_point now
);
// What was seen of other listeners long ago is forgotten, so that they are read again.
void forget_other_listeners(target_state& memory, const settings& settings, support::time_point now);

// A write of this ledger to the status of the binding: taken, or its answer was lost.
void record_ledger_write(
    target_state& memory, const support::uuid& binding, const ledger& written, bool taken
);

// The end of a round in which nothing more was to be done: what is Ready was seen so, its certificate
// included, and what was undone once was seen to stay, if the cloud was read in this round and is at rest.
void record_verified(
    target_state& memory,
    const std::vector<const certificate_binding*>& bindings,
    support::time_point pass_started,
    support::time_point now
);

// What is neither on the listener, as far as it is known, nor in a ledger is not looked up again; what no
// binding wants either need not be known.
void forget_refs(target_state& memory, const std::vector<const certificate_binding*>& bindings);

// When the arrivals since memory.first_arrival count as complete. Needs first_arrival.
support::time_point quiet_at(const target_state& memory, const settings& settings);

// How long a PUT may take effect after it was sent, which is cloud::sent_within after it was planned at most.
support::duration deadline_of(const settings& settings, const cloud::listener_change& change);

// contested: until when what is undone again is left so. A repair that is undone doubles the wait, from the
// resync period to an hour.
support::time_point contested_until(const ownership_change& change, const settings& settings);

// A PUT is about to be sent: from here on it may take effect.
void record_put_sent(
    target_state& memory,
    const settings& settings,
    const cloud::listener_change& change,
    listener_slots from,
    listener_slots expected,
    support::time_point now
);

// What a read of the listener showed while the PUT was under way.
void record_read_during_put(target_state& memory, const cloud::answer<cloud::listener>& seen);
// Its end was seen by the last read: it has taken effect, or can do so no more.
void record_put_end(target_state& memory);

// What came back of it. `added`: what it was to add. What was read before the PUT is forgotten after this.
void record_put_answer(
    target_state& memory,
    const settings& settings,
    const std::vector<addition>& added,
    const cloud::answer<cloud::listener>& answer,
    support::time_point now
);

// The ledger as we last wrote it, or as the status had it when the binding was first seen.
inline const ledger& believed_ledger(const binding_state& state, const certificate_binding& object)
{
    return state.held ? *state.held : object.status.ledger;
}

inline const ledger& believed_ledger(const target_state& state, const certificate_binding& object)
{
    const auto known = state.bindings.find(object.uid);
    return known == state.bindings.end() ? object.status.ledger : believed_ledger(known->second, object);
}

}  // namespace binding
