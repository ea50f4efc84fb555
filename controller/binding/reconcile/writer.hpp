#pragma once

#include "binding/reconcile/reconcile_parts.hpp"

#include <memory>

namespace binding {

// Sends what a pass wants to be written: to Kubernetes side by side, and the one PUT. Feeds the pass with the
// answers.
class writer
{
public:
    explicit writer(reconcile_parts parts) : parts_(parts) {}

    support::task<> write_all(reconcile_pass& pass, commit writes);
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

    support::task<> patch(reconcile_pass& pass, prepared_write prepared);
    // At once, so that a crash loses as few events as possible.
    void record_events(reconcile_pass& pass);
    // Reads the listener now and then while a PUT is under way, because the PUT overwrites what somebody else
    // writes meanwhile, and that is to be told. It may outlive a pass that is cancelled.
    support::task<> watch_listener(reconcile_pass& pass, std::shared_ptr<cloud::credential> with);
    // The rule ownership: a ledger that somebody else wrote is put back, never acted on.
    void warn_of_foreign_ledger(const target& which, const certificate_binding& object);

    reconcile_parts parts_;
};

}  // namespace binding
