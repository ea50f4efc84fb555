#pragma once

#include "binding/world.hpp"

// What an observation changes in the memory of a target. Pure: values in, values changed, time as an
// argument.
namespace binding {

// A look at the bindings of the target: new ones, changed ones, those that are gone. `started` tells whether
// the process has just begun, when an unconfirmed entry may belong to a PUT of an earlier process (rule 9).
void remember_bindings(
    target_memory& memory,
    const std::vector<const certificate_binding*>& bindings,
    const settings& settings,
    support::time_point now,
    support::wall_time wall,
    std::optional<support::time_point> started
);

// Rule 9, of what is first seen: until when a PUT of an earlier process may take effect, as far as the
// ledgers tell; empty: every entry is confirmed.
std::optional<support::time_point> deadline_before_start(
    const std::vector<const certificate_binding*>& bindings,
    const settings& settings,
    support::time_point started
);

void remember_place(target_memory& memory, sighting<cloud::answer<cloud::place>> seen);
void remember_listener(
    target_memory& memory, const settings& settings, sighting<cloud::answer<cloud::listener>> seen
);
// Whether one had to wait for an answer that was none.
bool was_silent(
    support::time_point asked_at, support::time_point now, const cloud::answer<cloud::listener>& seen
);
// The cloud has said that it is not there, or not for this credential.
bool is_refusal(const cloud::error& error);
// It says nothing but that there is no answer now.
bool passes(const cloud::error& error);
void remember_load_balancer(target_memory& memory, sighting<cloud::answer<cloud::load_balancer>> seen);
void remember_certificate(
    target_memory& memory,
    support::uuid binding,
    support::uuid certificate_id,
    sighting<cloud::answer<cloud::certificate>> seen
);
void remember_ref(
    std::map<std::string, ref_sighting>& refs,
    const std::string& container_ref,
    support::time_point asked_at,
    cloud::ref_state state
);

// The end of a round in which nothing more was to be done: what is Ready was seen so, its certificate
// included, and what was undone once was seen to stay, if the cloud was read in this round and is at rest.
void remember_verified(
    target_memory& memory,
    const std::vector<const certificate_binding*>& bindings,
    support::time_point round_started,
    support::time_point now
);

// What is neither on the listener, as far as it is known, nor in a ledger is not looked up again; what no
// binding wants either need not be known.
void forget_refs(target_memory& memory, const std::vector<const certificate_binding*>& bindings);

// When the arrivals since memory.first_arrival count as complete. Needs first_arrival.
support::time_point quiet_at(const target_memory& memory, const settings& settings);

// How long a PUT may take effect after it was sent, which is cloud::sent_within after it was planned at most.
support::duration deadline_of(const settings& settings, const cloud::listener_change& change);

// Rule 13: until when what is undone again is left so. A repair that is undone doubles the wait, from the
// resync period to an hour.
support::time_point contested_until(const move& move, const settings& settings);

// A PUT is about to be sent: from here on it may take effect.
void remember_put_sent(
    target_memory& memory,
    const settings& settings,
    const cloud::listener_change& change,
    listener_slots from,
    listener_slots expected,
    support::time_point now
);

// What a read of the listener showed while the PUT was under way.
void remember_meanwhile(target_memory& memory, const cloud::answer<cloud::listener>& seen);
// Its end was seen by the last read: it has taken effect, or can do so no more.
void remember_put_end(target_memory& memory);

// What came back of it. `added`: what it was to add. What was read before the PUT is forgotten after this.
void remember_put_answer(
    target_memory& memory,
    const settings& settings,
    const std::vector<addition>& added,
    const cloud::answer<cloud::listener>& answer,
    support::time_point now
);

}  // namespace binding
