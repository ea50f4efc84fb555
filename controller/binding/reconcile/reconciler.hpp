#pragma once

#include "binding/credentials/credential_source.hpp"
#include "binding/events/event_sink.hpp"
#include "binding/index/binding_store.hpp"
#include "binding/index/object_changed.hpp"
#include "binding/observed/target_state.hpp"
#include "binding/reconcile/surveyor.hpp"
#include "binding/settings.hpp"
#include "kube/client.hpp"
#include "runtime/work_queue.hpp"
#include "support/backoff.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace binding {

// Drives the passes: reads, commits and sends what a reconcile_pass asks for, one action after the other.
//
// Guarantees: nothing is decided here. At most one PUT is under way for each load balancer.
// Assumptions: the caller's queue reconciles a target once at a time.
// Caveats: the state of the targets is in memory alone. A crash loses it, and unanswered-writes covers that.
class reconciler
{
public:
    struct parts
    {
        kube::client& kube;
        const credential_source& credentials;
        support::clock& clock;
        binding_store& store;
        support::random_engine& random;
        std::function<void(target)> enqueue;  // has that target reconciled now
        binding::event_sink& events;
        // Until when another process may have sent PUTs; empty: each of its PUTs is resolved.
        std::optional<support::time_point> others_sent_until;
        // Where controllers divide the bindings (settings::divided): the field manager of this one, and the
        // namespaces that it watches; empty: all.
        std::string manager = {};
        std::vector<std::string> namespaces = {};
        std::function<void(const survey_result&)> surveyed = [](const survey_result&) {};
    };

    reconciler(parts parts, settings settings);
    ~reconciler();

    // One pass over the target.
    support::task<runtime::outcome> reconcile(target target);

    // Looks at the lists of projects, which save reads of what is at rest. Returns only by cancellation.
    support::task<> run_surveys();
    // How many of them have ended with an exception, which is a bug. The others went on.
    std::size_t panics() const;

    // The target is reconciled for another reason than the time of its routine check, so it is read itself.
    void record_wake(const target& target);

    // Null: nothing is known of the target. The facts hold until the next call that is not const.
    const target_facts* facts_of(const target& target) const;

    // Whether the status is what a write made that is not answered yet.
    bool is_own_write(const certificate_binding& shown) const;

    // The binding has moved to another target, and what is known of it moves with it.
    void hand_over(const object_changed& change);

    // The process ends: no PUT is begun from here on, and a pass ends where it would send one.
    void stop();

    // Whether the next process need not wait for a PUT.
    bool every_put_is_resolved() const;
    // From then on every read shows the PUTs of this process; at most settings::replica_lag ahead.
    support::time_point replicas_agree_at() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace binding
