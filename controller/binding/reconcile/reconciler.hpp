#pragma once

#include "binding/credentials/credential_source.hpp"
#include "binding/events/event_sink.hpp"
#include "binding/index/binding_store.hpp"
#include "binding/index/object_changed.hpp"
#include "binding/observed/target_state.hpp"
#include "binding/settings.hpp"
#include "kube/client.hpp"
#include "runtime/work_queue.hpp"
#include "support/backoff.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace binding {

// Brings targets to what their bindings want: gathers what plan() asks for and does what plan() says, one
// step after the other.
//
// Guarantees: never two rounds of one target at a time (the caller's queue sees to it), at most one write a
// load balancer, nothing decided here. What was observed and sent is kept between rounds in memory alone; a
// crash loses it and unanswered-writes covers that.
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
        std::function<void(target)> enqueue;  // asks for a round of that target, now
        binding::event_sink& observer;
    };

    reconciler(parts parts, settings settings);
    ~reconciler();

    // One round.
    support::task<runtime::outcome> reconcile(target target);

    // What is known of the target; null: nothing. It holds until the next call that is not const.
    const target_facts* facts_of(const target& target) const;

    // What is known of the binding goes with it to its new target.
    void hand_over(const object_changed& change);

    // The process ends: from here on no PUT is begun, and a round ends where it would be sent.
    void stop();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace binding
