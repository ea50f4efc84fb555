#pragma once

#include "binding/observed/agreed_slots.hpp"
#include "binding/observed/observed.hpp"

#include <map>
#include <optional>
#include <set>

namespace binding {

using observed_refs = std::map<cloud::container_ref, ref_observation>;

// What the cloud answered about a target when it was last asked.
struct cloud_answers
{
    std::optional<observed<cloud::answer<cloud::project_scope>>> scope;
    std::optional<observed<cloud::answer<cloud::listener>>> listener;
    std::optional<observed<cloud::answer<cloud::load_balancer>>> load_balancer;
    agreed_slots agreed;
    observed_refs refs;
    // proven-gone: when the first of an unbroken row of 404s of the listener was asked for, and in which
    // scope.
    std::optional<support::time_point> gone_since;
    std::optional<cloud::project_scope> gone_scope;
    // Of the listener when it was last read; empty: it was not read, or is proven gone since.
    std::optional<support::uuid> load_balancer_id;
    // When the first of an unbroken row of misdirected requests for the scope or the listener was sent.
    std::optional<support::time_point> misdirected_since;
    // When the first of an unbroken row of reads that found the load balancer PENDING was sent.
    std::optional<support::time_point> pending_since;
    bool listener_requested = false;  // the listener was asked for, or the credential failed before
    int busy_polls =
        0;  // reads in a row that found the load balancer busy, with no PUT of this target under way

    void record_scope(observed<cloud::answer<cloud::project_scope>> answer);
    // `proof`: between the two 404s that prove the listener gone.
    void record_listener(observed<cloud::answer<cloud::listener>> answer, support::duration proof);
    // `put_under_way`: the load balancer may be busy with a PUT of the target itself.
    void record_load_balancer(observed<cloud::answer<cloud::load_balancer>> answer, bool put_under_way);
    // A PUT was answered, so the reads of listener and load balancer from before count no more.
    void forget_outdated_reads();
    // The pass is over, and the next one reads the list again.
    void forget_list_of_load_balancer();
    void forget_refs_except(const std::set<cloud::container_ref>& kept);

    // The listener as it was last read; null: it was not read, or the answer was an error.
    const cloud::listener* listener_read() const;
};

// What was read of the other listeners of the load balancer for the sake of this one (readable-before-write),
// with this target's credential and, where that may not see a certificate, with the other targets'. It is
// kept apart from what the other targets read for themselves.
struct other_listeners_state
{
    observed_refs refs;  // on any of them
    // When the first of an unbroken row of 404s of the listener was asked for.
    std::map<support::uuid, support::time_point> gone_since;
};

void record_ref(
    observed_refs& refs, const cloud::container_ref& ref, support::time_point asked_at, cloud::ref_state state
);

// The object does not exist, or is not for this credential to read.
bool is_refusal(const cloud::error& error);
// The error says only that there is no answer now.
bool passes(const cloud::error& error);

// Begins, continues or ends a row of misdirected requests.
template <class T>
void record_misdirected(std::optional<support::time_point>& since, const observed<cloud::answer<T>>& answer)
{
    const bool misdirected = !answer.value && answer.value.error().misdirected;
    since = misdirected ? std::optional(since.value_or(answer.asked_at)) : std::nullopt;
}

}  // namespace binding
