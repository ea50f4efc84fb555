#pragma once

#include "binding/reconcile/reconcile_parts.hpp"
#include "binding/reconcile/writes_in_flight.hpp"
#include "support/turn.hpp"

#include <memory>

namespace binding {

// Sends the writes of a pass: patches to Kubernetes, several at a time, and the one PUT. The answers go to
// the pass.
//
// Flow: a change of the listener waits for the patches of a target that has its turn at the load balancer.
//   Other targets wait for the turn. The API server serves all alike. So the patches of all other targets
//   together have few places, and each waits a second at most for one of these.
class writer
{
public:
    static constexpr std::size_t places_without_turn = 8;

    explicit writer(reconcile_parts parts) : parts_(parts) {}

    support::task<> write_all(reconcile_pass& pass, commit writes);
    const writes_in_flight& in_flight() const { return in_flight_; }
    support::task<> change_listener(
        reconcile_pass& pass, std::shared_ptr<cloud::credential> with, put change
    );

private:
    struct prepared_write
    {
        write wanted;
        std::string name;
        kube::patch_request request;
    };

    bool comes_first(const reconcile_pass& pass) const;
    support::task<> patch_in_its_place(reconcile_pass& pass, prepared_write prepared);
    support::task<> patch(reconcile_pass& pass, prepared_write prepared);
    // Records the events at once, because a crash loses what is not recorded.
    void record_events(reconcile_pass& pass);
    // Reads the listener twice a second while a PUT is under way, because the PUT overwrites a change that
    // another client makes meanwhile, and an event names that change. The reads may outlive a cancelled pass,
    // so they hold no reference to it.
    support::task<> watch_listener(target which, std::shared_ptr<cloud::credential> with);
    // ownership: a ledger that somebody else wrote is overwritten with the believed one, and an event says
    // so.
    void warn_of_foreign_ledger(const certificate_binding& object);

    reconcile_parts parts_;
    support::turn places_{places_without_turn};
    writes_in_flight in_flight_;
};

}  // namespace binding
