#pragma once

#include "binding/reconcile/pass.hpp"

namespace binding {

// Does what the plan says: writes to Kubernetes side by side, and the one PUT.
class writer
{
public:
    explicit writer(pass_parts parts) : parts_(parts) {}

    support::task<> write_all(pass& r, std::vector<write> writes);
    support::task<> change_listener(pass& r, put change);

private:
    // A patch made from the object that the plan saw, so that the write is refused if the object has moved
    // on.
    struct prepared_write
    {
        support::uuid uid;
        std::string name;
        kube::patch_request request;
        std::optional<status> written;
        bool releases = false;  // our finalizer goes
    };

    static prepared_write prepare(const certificate_binding& object, const write& wanted);
    support::task<> patch(pass& r, prepared_write prepared);
    // Where the binding is now: its credential may have changed since the round began. Null: it is gone.
    binding_state* memory_of(const support::uuid& uid);
    // Whether the object shows what was written: fields that its schema does not know are dropped silently.
    bool was_kept(const prepared_write& prepared) const;
    // Reads the listener now and then while a PUT is under way: what somebody else writes meanwhile is lost,
    // and is to be told. It may outlive the round that is cancelled.
    support::task<> watch_listener(target where, std::shared_ptr<cloud::credential> with);
    // Rule 2: a ledger that somebody else wrote is put back, never acted on.
    void warn_of_foreign_ledger(const pass& r, const certificate_binding& object);

    pass_parts parts_;
};

}  // namespace binding
