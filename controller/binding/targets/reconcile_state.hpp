#pragma once

#include "binding/index/binding_store.hpp"
#include "binding/observed/change_times.hpp"
#include "binding/observed/target_state.hpp"
#include "binding/targets/load_balancer_queue.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace binding {

// What one process keeps between its passes: of each target its state, whose turn it is at each load
// balancer, and what targets ask of each other. A value; a crash loses it, and the rule unanswered-writes
// covers that.
class reconcile_state
{
public:
    // `others_sent_until`: until when another process may have sent PUTs; empty: each of its PUTs is
    // resolved.
    explicit reconcile_state(std::optional<support::time_point> others_sent_until)
        : others_sent_until_(others_sent_until)
    {}

    std::optional<support::time_point> others_sent_until() const { return others_sent_until_; }

    // The process ends: from here on no PUT is begun, and a pass ends where it would be sent.
    void stop() { stopping_ = true; }
    bool is_stopping() const { return stopping_; }

    // A PUT of this process was accepted, or its effect was read.
    void record_put_effect(support::time_point now) { last_effect_ = now; }
    // From then on no replica of Octavia's database shows a listener as it was before a PUT of this process.
    support::time_point replicas_agree_at(const settings& settings) const
    {
        return last_effect_ ? *last_effect_ + settings.replica_lag : support::time_point::min();
    }

    // Whether no PUT can take effect any more but those that Octavia has accepted, and every read shows
    // these, so that the next process need not wait. `store`: an unconfirmed entry in it may belong to a PUT
    // of another process.
    bool every_put_is_resolved(const binding_store& store, const settings& settings, support::time_point now)
        const;

    // ---- the states of the targets ----

    // To record in. Created by the first call.
    target_state& of(const target& which) { return targets_[which]; }
    // To record in. Null: nothing is known of the target.
    target_state* find(const target& which);
    // To read. Null: nothing is known of the target.
    const target_facts* facts_of(const target& which) const;
    const std::map<target, target_state>& all() const { return targets_; }
    // A pass of the target has read its listener.
    void record_listener(
        const target& which, const settings& settings, observed<cloud::answer<cloud::listener>> answer
    );
    // The targets whose listener was on the load balancer when they read it last, unless it is proven gone.
    const std::vector<target>& read_on(const load_balancer_key& which) const;
    // The target has no bindings any more. Gives the target whose turn it is now at the load balancer.
    std::optional<target> forget(const target& which);

    // The binding acts with another credential from now on. What is known of it goes with it, because the
    // ledger in status is believed only in the first pass over a binding. The answers to the old credential
    // are dropped.
    void hand_over(const target& from, const target& to, const support::uuid& uid);
    // The binding is no longer reconciled with the others of its listener. What is known of it is given up.
    void let_go(const target& from, const support::uuid& uid);

    // Another target waits until this one has removed its dead refs from the listener.
    void request_cleanup(const target& which) { cleanup_requests_.insert(which); }
    // Whether that was requested since it was last asked.
    bool take_cleanup_request(const target& which) { return cleanup_requests_.erase(which) > 0; }

    // A pass of the target has ended with nothing left to do. References to facts end.
    void rest(const target& which);

    // How many passes in a row ended so that people have to act, this one included.
    int count_slow_pass(const target& which, bool is_slow);

    // ---- changes of bindings ----

    // When a pass saw a change of a binding last, of whatever target.
    support::time_point last_arrival() const { return last_arrival_; }
    void record_arrival(support::time_point at) { last_arrival_ = std::max(last_arrival_, at); }

    // ---- how long changes take ----

    // Of the load balancer that the target's listener is on; if it has not been changed yet, of its region.
    const change_times& change_times_of(const target& which) const;
    // A PUT of the target was accepted and has ended. The times are those of change_times::record().
    void record_change(const target& which, support::duration under_way, support::duration over);

    // ---- what the lists of a project confirm ----

    // The next pass of the target reads the cloud, because something else than its routine check is the
    // reason, or its binding has changed.
    void record_wake(const target& which);
    // A pass of the target begins. How long it has nothing to do: as resting_target::spared_for(), and zero
    // if something woke the target.
    support::duration begin_spared(
        const target& which,
        support::time_point now,
        support::wall_time wall,
        support::duration holds,
        support::time_point read_since
    );
    // Null: the target does not rest.
    const resting_target* resting(const target& which) const;
    // As resting_target::confirm().
    bool confirm(const target& which, support::time_point asked_at);

    // ---- turns at the load balancers ----

    turn_state turn(const target& which) const;
    // Another target of the same listener has the turn, or is next.
    bool peer_has_turn(const target& which) const;
    // The target has its turn, and others wait for it.
    bool is_turn_wanted(const target& which) const;
    void take_turn(const target& which);
    void wait_for_turn(const target& which);
    // Whose turn it is now. It stays while a PUT of the target may still take effect.
    std::optional<target> leave_turn_unless_written(const target& which, support::time_point now);

private:
    void place(
        const target& which,
        const std::optional<support::uuid>& load_balancer_before,
        const std::optional<support::uuid>& load_balancer
    );
    std::optional<load_balancer_key> key_of_load_balancer(const target& which) const;
    std::optional<load_balancer_key> queue_key(const target& which) const;
    std::optional<target> leave_turn(const target& which);

    std::optional<support::time_point> others_sent_until_;
    std::optional<support::time_point> last_effect_;
    support::time_point last_arrival_{};
    bool stopping_ = false;
    std::map<target, target_state> targets_;
    mutable std::vector<target> looked_at_;  // while they rest
    std::map<load_balancer_key, std::vector<target>> read_on_;
    std::map<load_balancer_key, change_times> change_times_;
    std::map<load_balancer_key, change_times> change_times_of_regions_;  // without a load balancer
    std::set<target> cleanup_requests_;
    std::set<target> woken_;  // and not begun a pass since
    std::map<target, int> slow_passes_;
    std::map<target, load_balancer_key> held_turns_;
    load_balancer_queue queue_;
};

}  // namespace binding
