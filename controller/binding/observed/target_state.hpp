#pragma once

#include "binding/observed/binding_state.hpp"
#include "binding/observed/cloud_answers.hpp"
#include "binding/observed/ownership_changes.hpp"
#include "binding/observed/put_record.hpp"
#include "binding/observed/refusals.hpp"
#include "binding/observed/resting_target.hpp"
#include "binding/target.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

namespace binding {

// Changes of bindings that the next PUT is to carry together.
struct arrivals
{
    std::optional<support::time_point> first;
    support::time_point last{};

    void record(support::time_point now);
    // When the changes since `first` count as complete. Needs `first`.
    support::time_point quiet_at(const settings& settings) const;
    // When no change of any target has come for half of settings::settle, so that those who make them have
    // probably ended; no later than quiet_at(). `last_of_all`: the last change of any target. Needs `first`.
    support::time_point calm_at(const settings& settings, support::time_point last_of_all) const;
};

// Since when there are peers: bindings of the same listener with another credential.
struct peer_times
{
    std::optional<support::time_point> since;  // when the first of them was seen; empty: there are none
    std::map<support::uuid, support::time_point> heirs_since;  // see target_state::record_peers()
};

// All that is known of one target: a value that the plan reads and only target_state changes.
struct target_facts
{
    cloud_answers answers;
    put_record puts;
    binding::refusals refusals;
    binding::ownership_changes ownership_changes;
    binding::arrivals arrivals;
    peer_times peers;
    other_listeners_state other_listeners;
    std::unordered_map<support::uuid, binding_state> bindings;
    // Another target waits until this one has removed its dead refs from the listener.
    bool cleanup_requested = false;

    // An empty state, if the binding is not known.
    const binding_state& binding(const support::uuid& uid) const;
};

// The owner of the facts of one target.
//
// Flow: a pass records what it observes, with one method for each kind of observation. The plan reads
//   facts().
// Guarantees: facts() is const. Plan, gates and policies get nothing else, and what binding/targets looks
//   things up in is const as well. So only passes record, and reconcile_state moves a binding whose
//   credential changed. The ledger in status is believed in the first pass over the binding and not again:
//   see believed_ledger().
// Assumptions: a pass records in the state of its own target. The one exception is record_ledger_write(),
//   which goes to the target that the binding has when the answer comes.
// Caveats: a coroutine keeps no reference to it across a co_await, because the last pass of a target without
//   bindings erases it.
class target_state
{
public:
    const target_facts& facts() const { return kept(); }

    target_state() = default;
    target_state(const target_state& other);
    target_state(target_state&&) noexcept = default;
    target_state& operator=(target_state other) noexcept;
    ~target_state() = default;

    // A pass has ended and nothing is left to do until something changes. Keeps the facts in fewer bytes, if
    // they are those of a target at rest. References to the facts end.
    void rest();
    // Whether facts() would have to spell the facts out.
    bool rests() const { return !facts_; }
    // The facts have been looked at, and not changed, since the target came to rest.
    void rest_again();
    // Null: the target does not rest.
    const resting_target* resting() const { return resting_.get(); }
    // As resting_target::confirm(). References to the facts end.
    bool confirm(support::time_point asked_at);

    // ---- the bindings ----

    // The bindings of the target as the store has them: new ones, changed ones, those that have gone.
    // `others_sent_until`: an unconfirmed entry of a binding that is first seen may belong to a PUT that
    // another process sent until then (unanswered-writes); empty: to none.
    void record_bindings(
        const std::vector<const certificate_binding*>& bindings,
        const settings& settings,
        support::time_point now,
        support::wall_time wall,
        std::optional<support::time_point> others_sent_until
    );
    // A write to the binding is about to be sent. `releases`: it removes the finalizer.
    void record_write_begin(const support::uuid& binding, bool releases);
    // The API server took a write of this ledger to status, or its answer was lost.
    void record_ledger_write(const support::uuid& binding, const ledger& written, bool taken);
    // A pass ended with nothing left to do. If it read the cloud at rest, then bindings that are Ready were
    // seen attached, and ownership changes that stayed were seen to stay.
    void record_verified(
        const std::vector<const certificate_binding*>& bindings,
        support::time_point pass_started,
        support::time_point now
    );
    // The binding acts with another credential from now on. The answers to the old credential are dropped.
    // Needs a binding that is known.
    binding_state extract_binding(const support::uuid& binding);
    // A binding comes from the target of its old credential. `its_put` is the PUT of that target. If an
    // earlier process sent it, this target waits for it as well. A PUT of this process stays with the old
    // target, and peer_put_in_doubt waits for it.
    void insert_binding(
        const support::uuid& binding, binding_state known, const std::optional<put_state>& its_put
    );

    // ---- the answers of the cloud ----

    void record_scope(observed<cloud::answer<cloud::project_scope>> answer);
    void record_listener(const settings& settings, observed<cloud::answer<cloud::listener>> answer);
    void record_load_balancer(observed<cloud::answer<cloud::load_balancer>> answer);
    void record_certificate(
        support::uuid binding,
        support::uuid certificate_id,
        observed<cloud::answer<cloud::certificate>> answer
    );
    void record_ref(const cloud::container_ref& ref, const observed<cloud::ref_state>& answer);
    // Drops look-ups of refs that are neither on the listener nor in a ledger, and refusals of refs that no
    // binding wants either. Does nothing while the listener is not known.
    void forget_refs(const std::vector<const certificate_binding*>& bindings);

    // Another listener of the load balancer, read with this target's credential.
    void record_other_listener(
        const support::uuid& other, const observed<cloud::answer<cloud::listener>>& answer
    );
    // A ref on another listener, looked up with this target's credential or with that of another target.
    void record_ref_on_other(const cloud::container_ref& ref, const observed<cloud::ref_state>& answer);
    // The other listeners were read: drops the refs that were not asked for since then.
    void forget_refs_on_others(support::time_point asked_before);

    // ---- what other targets want ----

    // `peers`: of the listener. `heirs`: those of them that could take the default slot over from a deletion
    // of the target; empty: no deletion gives the slot up. An heir that has not taken the slot for a minute
    // counts no longer, so the time of each is kept.
    void record_peers(
        const std::set<support::uuid>& peers,
        const std::optional<std::set<support::uuid>>& heirs,
        support::time_point now
    );
    void record_cleanup_request() { open().cleanup_requested = true; }
    // `put_to_come`: the arrivals still wait for a PUT. `rests`: nothing is left to do until something
    // changes.
    void record_pass_end(bool put_to_come, bool rests);

    // ---- the PUT ----

    // The PUT is about to be sent: from here on it may take effect.
    void record_put_sent(
        const settings& settings,
        const cloud::listener_change& change,
        listener_slots from,
        listener_slots expected,
        support::time_point now
    );
    // What a read of the listener showed while the PUT was under way.
    void record_read_during_put(const cloud::answer<cloud::listener>& answer);
    // `added`: what the PUT was to add. Answers from before the PUT are dropped.
    void record_put_answer(
        const settings& settings,
        const std::vector<addition>& added,
        const cloud::answer<cloud::listener>& answer,
        support::time_point now
    );
    // A read that was sent at `asked_at` found the accepted PUT under way.
    void record_put_under_way(support::time_point asked_at, support::time_point next_look);
    // The PUT was not sent, because it was too late for it. Answers from before the PUT are dropped.
    void record_put_unsent();
    // The last read showed the end of the PUT: it has taken effect, or can do so no more.
    void record_put_end();

private:
    friend struct target_state_access;  // of the tests

    // To change.
    target_facts& open();
    target_facts& kept() const;

    // One of them at least, or there are no facts. Both: the facts have only been looked at.
    mutable std::unique_ptr<target_facts> facts_;
    std::unique_ptr<resting_target> resting_;
};

// unanswered-writes, for bindings that are first seen: until when a PUT that another process sent until
// `others_sent_until` may take effect, as far as the ledgers tell; empty: no such PUT can be under way.
std::optional<support::time_point> deadline_of_others(
    const std::vector<const certificate_binding*>& bindings,
    const settings& settings,
    std::optional<support::time_point> others_sent_until
);

inline const ledger& believed_ledger(const target_facts& facts, const certificate_binding& object)
{
    return believed_ledger(facts.binding(object.uid), object);
}

}  // namespace binding
