#pragma once

#include "binding/credentials/credential_source.hpp"
#include "binding/events/event_sink.hpp"
#include "binding/index/binding_store.hpp"
#include "binding/settings.hpp"
#include "cloud/credentials.hpp"
#include "kube/client.hpp"
#include "runtime/work_queue.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace binding::single {

// Drives the decisions over the bindings of a target whose cloud attaches single bindings: deletions first,
// then those that are not Ready.
//
// Guarantees: nothing is decided here. A pass does not wait long for the cloud's limits: what has to wait
//   ends the pass with a time to come again.
// Assumptions: the caller's queue reconciles a target once at a time.
// Caveats: what is known is in memory alone. A crash loses it, and unanswered-writes covers that.
class single_reconciler
{
public:
    struct parts
    {
        kube::client& kube;
        const credential_source& credentials;
        support::clock& clock;
        binding_store& store;
        event_sink& events;
        // Until when another process may have sent requests to the cloud; empty: each of them is resolved.
        std::optional<support::time_point> others_sent_until;
    };

    single_reconciler(parts parts, settings settings);
    ~single_reconciler();

    // One pass over the target, whose credential has a binding service.
    support::task<runtime::outcome> reconcile(target target);

    // Whether somebody else wrote the ledger in the status of the binding; empty: nothing is known of it.
    std::optional<bool> has_foreign_ledger(const certificate_binding& object) const;

    // The binding is gone.
    void forget(const support::uuid& binding);

    // The credentials that are in use, for operators.
    std::vector<std::shared_ptr<cloud::credential>> in_use() const;

    // The process ends: a pass ends where it would send a request.
    void stop();

    // Whether no request of this process to bind may take effect later.
    bool every_request_is_resolved() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace binding::single
