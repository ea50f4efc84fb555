#pragma once

#include "binding/plan/plan.hpp"
#include "binding/slots/assignment.hpp"
#include "binding/slots/ledger.hpp"
#include "binding/status/ready_status.hpp"

// One call of plan(), taken apart. Only plan*.cpp include it.
namespace binding {

inline constexpr std::string_view terminated_https =
    "TERMINATED_HTTPS";  // the protocol of listeners with certificates

// A binding of the target with all that was decided for it so far.
struct view
{
    const certificate_binding* object;
    const binding_state* memory;
    ready_status said;
    ledger next;           // its ledger once this step is done
    bool release = false;  // our finalizer goes

    // Why its certificate is not in this PUT though it may be attached, or is not removed by it (rules 7,
    // 13).
    struct hold
    {
        ready_status said;
        std::optional<support::time_point> until;
    };
    std::optional<hold> held_back{};
};

class planner
{
public:
    explicit planner(const observation& w);
    decision run();

private:
    // ---- stages (plan.cpp) ----

    step first_step();
    // Rule 2: a deletion without an entry detaches nothing; Retain and the annotation leave the cloud as it
    // is.
    std::optional<step> release_without_cloud();
    void tell_of_release(const certificate_binding& object, const ledger& held);
    std::optional<step> ask_place();
    std::optional<step> ask_cloud();
    std::optional<step> ask_load_balancer();
    // Rule 9. Nothing is concluded and nothing written while a PUT of ours may still take effect.
    std::optional<step> wait_for_put();
    step wait_in_doubt(support::duration wait);
    void tell_of_lost_updates(const put_state& put);
    step wait_for_load_balancer(reason why, support::duration wait);
    // What should be in the slots, with what is known so far; first verdicts and ledgers follow from it.
    std::optional<step> settle();

    // ---- ends before anything is decided (plan_stop.cpp) ----

    // What is attached stays; what is deleted waits, with the ways out.
    std::optional<step> stop_without_credential();
    std::optional<step> stop_without_listener();
    // Rule 10: gone is proven by two 404s, apart.
    step listener_gone(const cloud::error& error);
    // Through another cloud or project than the credential leads to now: it says nothing of what was put
    // there.
    bool was_put_from_elsewhere(const view& each) const;
    step stop_for_protocol();
    // A failure that concerns the whole target.
    step stop_for(const cloud::error& error, bool keep_said = false);
    // Whether its status speaks of this generation already.
    static bool was_told(const view& each);
    // Whether it was Ready for this generation, and nothing but doubt has come since.
    static bool was_verified(const view& each);
    // Nothing can be verified now. A Ready binding stays Ready through it, for three resync periods, and one
    // in quarantine stays so.
    void say_unavailable(view& each, std::string message);

    // ---- other credentials (plan_siblings.cpp) ----

    void request_for_peers();
    // When a deletion has waited long enough for one of them to take its place.
    std::optional<support::duration> next_late_heir() const;
    // Rule 9: nothing is concluded while a PUT of theirs may still take effect.
    std::optional<step> wait_for_peers();
    // Before the first write in a process each has tried to read the listener once.
    std::optional<step> wait_until_peers_have_read();
    const peer* peer_that_holds(const cloud::container_ref& ref, slot where) const;
    // Octavia checks each ref of a list with the sender's token.
    std::optional<step> stop_at_what_is_not_ours_to_send();

    // ---- claims and verdicts (plan_claims.cpp) ----

    void make_requests();
    std::optional<step> settle_with(const std::set<cloud::container_ref>& dead);
    // The ref of a binding's certificate: by the certificate service, else by the ledger, else by the
    // listener.
    std::optional<cloud::container_ref> wanted_ref(const view& each) const;
    // The ref of its certificate in its slot, by the id alone.
    static std::optional<cloud::container_ref> shown_ref(
        const certificate_binding& object, const listener_slots& slots
    );
    const cloud::answer<cloud::certificate>* certificate_of(const view& each) const;
    // Why the binding's certificate may not be attached now; empty if it may (rule 4: only active ones).
    std::optional<ready_status> why_not(const view& each) const;
    // What is known of its end holds where the certificate service does not answer.
    ready_status certificate_failure(const view& each, const cloud::error& error) const;
    static ready_status expired(const view& each, support::wall_time since);
    static reason reason_of(cloud::failure kind, reason not_found, reason access_denied);
    // Rule 7. In a conflict the quarantine lasts until something about the certificate changes.
    bool is_quarantined(const view& each) const;
    bool in_conflict(const certificate_binding& object) const;
    // Rule 7: Octavia named the ref, but it can be read: it is sent again later, and nobody else waits for
    // it.
    std::optional<view::hold> held_back_as_named(const view& each) const;
    // Rule 13: what somebody else keeps undoing is repaired ever more seldom.
    std::optional<view::hold> held_back_as_contested(const view& each) const;
    bool is_contested(slot where, const cloud::container_ref& ref, bool wanted) const;
    // Rule 7: of several that Octavia refused without naming one, half are sent at a time. Whether it does so
    // now.
    bool hold_back_half();
    // What is not found is waited for in the first minutes of a generation.
    bool within_grace_period(const view& each, reason why) const;
    void first_statuses();
    // Attached and read back, though its certificate could not be attached anew.
    void say_of_attached(view& each, const ready_status& missing);
    static ready_status conflict_with(
        const certificate_binding& winner, const view& each, const placement& settled
    );
    void say_of_deletion(view& each, const placement& settled);
    // A lent credential takes away what was put there with it, and nothing else.
    bool cannot_detach_with_borrowed_credential(const view& each) const;
    // A certificate that is waited for is asked after 15 s, doubling to 5 min, never slower than the resync
    // period.
    support::time_point next_look(const view& each) const;
    bool certificate_due(const view& each) const;
    // Whether the last look gave no answer about the certificate itself, so that it is repeated in each
    // round.
    bool unanswered(const view& each) const;

    // ---- the PUT (plan_write.cpp) ----

    // Rules 1, 3, 4: the one PUT, when everything that it needs is there.
    std::optional<step> write_listener();
    step wait_for_turn();
    // One PUT a round: one that was answered otherwise is said, and sent again in another round.
    step stop_after_put(const cloud::error& error);
    // Rule 7: what can be sent without what Octavia refused goes in the next round.
    step stop_after_refusal();
    // Rule 3: finalizer and ledger before the PUT.
    std::optional<step> commit_ahead();
    // Whether the PUT would take an entry of its off the listener.
    bool loses_entry(std::size_t i) const;
    bool goes(const attachment& entry) const;
    // Rule 3: what another credential's binding has to say before the PUT, if that takes an entry of its off.
    // Not before one that was refused and is only tried again.
    std::optional<write> ahead_of(const peer& each) const;
    bool was_refused_to_write() const;
    // The listener as it is after the commits, the certificates as they were at most 10 s ago (rule 4).
    std::optional<step> check_again();
    step send(bool repeat);
    // Rule 4, the ages at the PUT. Where looks take longer than they allow, their own time counts: the next
    // ones would be no better. Certificates come last.
    bool is_fresh_certificate(support::time_point asked_at) const;
    bool is_fresh_lookup(support::time_point asked_at) const;
    // Rule 1, the exception: a listener in ERROR with an unconfirmed entry of ours gets the same PUT again.
    bool must_repeat() const;
    void repeat_unconfirmed(cloud::listener_change& change) const;
    step blocked(std::string message, requeue next, support::duration wait = {});
    void say_of_listener_error();
    // Rule 5: what clients without a known server name will get from now on.
    void tell_of_default();
    // The binding that takes the default slot with this PUT, or leaves it.
    std::size_t whose_default() const;
    bool changes() const { return settled_.change != cloud::listener_change{}; }
    bool adds(std::size_t i) const { return settled_.requests[i].placed && !settled_.requests[i].shown; }

    bool affected(std::size_t i) const { return adds(i) || !settled_.requests[i].removed.empty(); }

    // Runs `change` on every binding that the PUT is for; for the others what was read is the truth.
    template <class F>
    void for_affected(F change)
    {
        for (std::size_t i = 0; i < views_.size(); ++i)
        {
            affected(i) ? change(views_[i]) : conclude_one(i);
        }
    }

    // ---- dead refs (plan_dead.cpp) ----

    // Rule 4. What a PUT keeps must be readable, on this listener and on every other one of ours behind the
    // load balancer.
    std::optional<step> keep_off_dead_refs();
    // Takes dead refs of ours out of the plan; a step if that cannot be done.
    std::optional<step> leave_out(
        const std::vector<cloud::container_ref>& found_dead, std::set<cloud::container_ref>& dead
    );
    // Dead refs that are not this target's to remove.
    step stop_for_dead(const std::vector<cloud::container_ref>& refs);
    // `prod`: whose own targets can let go of them.
    step blocked_until_gone(std::string message, std::vector<target> request_cleanup);
    // Rule 7: a ref that stays and that Octavia named.
    std::optional<step> stop_for_named();
    step look_at_suspects(const std::vector<cloud::container_ref>& suspects);
    // While the certificate service is away Octavia's worker could not read the certificates either.
    step wait_for_answer_about(const std::vector<cloud::container_ref>& refs);
    static std::string no_answer_about(const std::vector<cloud::container_ref>& refs);
    std::optional<step> check_other_listeners();
    // All refs that the listener would hold after the PUT, but for those whose certificate was just checked.
    std::vector<cloud::container_ref> refs_afterwards() const;
    std::size_t ours_afterwards() const;
    bool knows_other_listeners() const;
    const ref_observation* fresh_observation(const cloud::container_ref& ref) const;
    bool is_dead(const ref_observation& seen) const;

    // ---- ledgers and what the listener shows (plan_ledger.cpp) ----

    // The ledger that has to be committed before the PUT: every entry that it touches, unconfirmed.
    ledger ahead(std::size_t i);
    // The ledger after a read that no PUT can contradict any more.
    ledger verified(std::size_t i);
    // Rule 5, last part: whether another binding keeps the certificate in that slot, and has entry and memory
    // committed.
    bool passed_on(std::size_t i, const attachment& entry) const;
    // Enters the binding's certificate, and beside a default entry the memory that travels with the slot
    // (rule 5).
    void hold(ledger& made, std::size_t i, bool shown);
    // The memory of the binding that has the slot now, for the one that takes it over.
    cloud::container_ref remembered_beside(std::size_t taker) const;
    bool shows(const cloud::container_ref& ref, slot where) const;
    cloud::container_ref spelled_on_listener(const cloud::container_ref& ref, slot where) const;
    bool is_ours_in(const cloud::container_ref& ref, slot where) const;
    // Whether what this credential is told of its refs counts: those of another one, if that put them there
    // through the same cloud and project.
    bool may_judge(const slot_request& each) const;
    // Whether a ref that looks dead is dead: ours, and put there through the cloud and project that say so.
    bool may_let_go(const cloud::container_ref& ref) const;
    // Where the ledger was written from now on. What looks dead here may not be so where it was put from, so
    // that place stays on record.
    ledger_scope place_of(const ledger& made, std::size_t i) const;
    bool looks_dead(const attachment& entry, const view& each) const;

    // ---- conclusions (plan_end.cpp) ----

    // Nothing to write: what was read is the truth, so entries are confirmed or dropped and deletions let go.
    step conclude_verified();
    void conclude_one(std::size_t i);
    // Nothing of it is on the listener, nor to be sent again (rule 1, the exception).
    bool is_gone(const view& each) const;
    done ended(requeue next, support::duration wait = {}) const;
    // When the next certificate that is waited for wants to be looked at.
    done ended_by_certificates() const;
    // Statuses first; when nothing is left to say, the round ends.
    step write_then(done end);
    // The write that brings the object to what was decided for it; empty if it is there.
    std::optional<write> write_for(const view& each) const;
    void say(view& each, reason why, std::string message);
    static reason progress_reason(const view& each);
    static reason busy_reason(const view& each);
    // Whether its status gives that reason for this generation already; another wording is not worth a write.
    static bool says(const view& each, reason why);
    bool mentions_unconfirmed(const view& each) const;
    bool any_live() const;
    // What is read of the listener now is its end state.
    bool at_rest() const
    {
        return balancer_ == cloud::provisioning_status::active &&
               listener_->status == cloud::provisioning_status::active;
    }
    void tell(const certificate_binding& object, bool warning, std::string reason, std::string message);
    void tell_all(const std::string& reason, const std::string& message);
    static bool mentions(const ledger& held, std::string_view message);
    static std::string refs_text(const ledger& held);
    // Looks at a load balancer early and ever more seldom: 100 ms, 150 ms, ... `most`.
    static support::duration poll_wait(int polls, support::duration most = std::chrono::seconds(2));

    template <class T>
    bool stale(const std::optional<observed<T>>& seen) const
    {
        return !seen || seen->asked_at < w_.pass_started;
    }

    const observation& w_;
    const target_state& m_;
    const settings& s_;
    std::vector<view> views_;
    std::vector<slot_request> requests_;
    assignment settled_;
    ledger_scope place_;
    const cloud::listener* listener_ = nullptr;
    listener_slots now_;
    cloud::provisioning_status balancer_ = cloud::provisioning_status::active;
    bool put_resolved_ = false;
    std::vector<notice> notices_;
};

}  // namespace binding
