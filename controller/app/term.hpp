#pragma once

#include "app/debug_targets.hpp"
#include "app/metrics.hpp"
#include "app/queue_state.hpp"
#include "binding/credentials/credentials.hpp"
#include "binding/events/deletion_reminders.hpp"
#include "binding/events/event_log.hpp"
#include "binding/events/expiry_warnings.hpp"
#include "binding/index/binding_index.hpp"
#include "binding/reconcile/on_change.hpp"
#include "binding/reconcile/reconciler.hpp"
#include "binding/settings.hpp"
#include "binding/single/single_reconciler.hpp"
#include "kube/client.hpp"
#include "runtime/work_queue.hpp"
#include "runtime/worker_pool.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace app {

// The work of the controller while it leads, from the gain of the Lease to its loss. The bindings and the
// credentials live longer, because a candidate keeps them up to date; what was read of the cloud does not,
// because another leader may have written meanwhile.
class term
{
public:
    struct parts
    {
        boost::asio::any_io_executor executor;
        support::clock& clock;
        support::random_engine& random;
        kube::client& kube;
        const binding::credentials& credentials;
        binding::binding_index& bindings;
        binding::event_log& events;
        metrics& counted;
        // Until when another process may have sent PUTs; empty: each of its PUTs is resolved.
        std::optional<support::time_point> others_sent_until;
        // As binding::reconciler has them.
        std::string manager;
        std::vector<std::string> namespaces;
        // Another process may take over as soon as this one has ended.
        bool is_followed = false;
    };

    // All bindings must be listed.
    term(parts parts, const binding::settings& settings);

    // Returns after stop(), when the work in hand has ended.
    support::task<> run();

    // Begins no more work and sends no more PUTs. The PUT in flight is resolved first.
    void stop();

    // Cancels the work in hand. A request that was sent may still take effect.
    void abort();

    // A binding has changed in the index.
    void on_change(const binding::object_changed& change);

    // Whether the next process need not wait for a PUT of this one.
    bool every_put_is_resolved() const;

    // ---- for operators ----
    queue_state queue() const
    {
        return queue_state_of(queue_, pool_.panics() + reconciler_.panics(), parts_.clock.now());
    }
    net::page debug_targets(std::string_view query) const;
    // Credentials of one name count as one, because two may have it for a while.
    std::vector<metrics::service> services() const;

private:
    support::task<runtime::outcome> reconcile(binding::target target);
    support::task<> record_events_of_time();

    parts parts_;
    binding::expiry_warnings expiry_;
    binding::deletion_reminders reminders_;
    runtime::work_queue<binding::target> queue_;
    binding::reconciler reconciler_;
    binding::single::single_reconciler singles_;
    binding::foreign_writes foreign_;
    binding::change_parts change_parts_;
    runtime::worker_pool<binding::target> pool_;
    bool aborted_ = false;
};

}  // namespace app
