#pragma once

#include "binding/observed/observed.hpp"
#include "binding/settings.hpp"
#include "binding/slots/listener_slots.hpp"

#include <optional>

namespace binding {

enum class put_phase
{
    // Octavia accepted the PUT and changes the load balancer.
    accepted,
    // The PUT is sent, and Octavia has not answered. It may take effect until `deadline`.
    in_doubt,
    // A ledger had an unconfirmed entry when it was first seen: the PUT of an earlier process may take effect
    // until `deadline`.
    before_start,
};

// A PUT whose end has not been seen.
struct put_state
{
    put_phase phase = put_phase::accepted;
    listener_slots from;      // the listener that the PUT was planned from
    listener_slots expected;  // the listener afterwards; not known before_start
    // The last read while the PUT was under way, if it showed neither: somebody else's change.
    std::optional<listener_slots> meanwhile;
    support::time_point deadline{};
    bool refs_counted = false;  // before_start: `deadline` allows for the refs of the listener
    int polls = 0;
    // accepted: when Octavia answered, the last look that found the change under way (or the answer itself),
    // and when to look again.
    support::time_point accepted_at{};
    support::time_point under_way_at{};
    support::time_point next_look{};
};

// The PUT under way, and what is known of those before it.
struct put_record
{
    std::optional<put_state> under_way;
    std::optional<observed<cloud::error>> last_error;  // of the last PUT that had no effect
    // Whether the last PUT was accepted (true), or refused with 403, or with 401 where access rules leave the
    // PUT out (false); empty: no PUT was answered so, or the last one was in doubt.
    std::optional<bool> may_write;
    int error_puts = 0;  // PUTs in a row after which the listener was in ERROR
    std::optional<support::time_point> next_error_put;

    void record_sent(
        const settings& settings,
        const cloud::listener_change& change,
        listener_slots from,
        listener_slots expected,
        support::time_point now
    );
    // A PUT of an earlier process may take effect until then. A PUT that is under way stays.
    void wait_for_earlier_process(support::time_point deadline);
    // A read of the listener before the PUT was answered. `outdated`: what a replica that lags behind may
    // show.
    void record_read_during_put(
        const cloud::listener& listener, const std::optional<listener_slots>& outdated
    );
    void record_listener(const settings& settings, const cloud::listener& listener);
    void record_load_balancer();
    void record_accepted(support::time_point now);
    // A read that was sent at `asked_at` found the accepted change under way.
    void record_under_way(support::time_point asked_at, support::time_point next_look);
    // The PUT was not sent, because what it was planned from had become too old.
    void record_unsent();
    // Octavia refused the PUT, or nothing was sent: it will not take effect. Gives the PUT that was under
    // way.
    std::optional<put_state> record_no_effect(const cloud::error& error, support::time_point now);
    void record_end();
    // The next PUT to a listener in ERROR need not wait.
    void end_waits();
};

// The default and SNI refs: for each of them a change takes its time.
std::size_t count_refs(const cloud::listener& listener);

// unanswered-writes: until when the PUT may take effect. `refs`: on the listener. They count before_start,
// unless the deadline allows for them already.
support::time_point last_effect(const put_state& put, const settings& settings, std::size_t refs);

// How long a PUT may take effect after it was sent, which is cloud::sent_within after it was planned at most.
support::duration deadline_of(const settings& settings, const cloud::listener_change& change);

}  // namespace binding
