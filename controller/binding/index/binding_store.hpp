#pragma once

#include "binding/resource/certificate_binding.hpp"
#include "binding/target.hpp"
#include "kube/client.hpp"
#include "support/uuid.hpp"

#include <functional>
#include <vector>

namespace binding {

// The bindings as the reconcile loop reads them. Pointers hold until the next change of the store.
class binding_store
{
public:
    virtual ~binding_store() = default;

    // Oldest first.
    virtual std::vector<const certificate_binding*> bindings_of(const target& target) const = 0;
    virtual std::vector<target> targets() const = 0;
    // Visits the targets that act with the credential of `tenant`, in any order, until `visit` returns false.
    virtual void each_target_of(const target& tenant, const std::function<bool(const target&)>& visit) const
    {
        for (const target& one : targets())
        {
            if (tenant_of(one) == tenant_of(tenant) && !visit(one))
            {
                return;
            }
        }
    }
    // All targets of the listener, of the same cloud or without a credential; the credential does not matter.
    virtual std::vector<target> targets_on(const target& listener) const = 0;
    // The other targets of the same listener.
    std::vector<target> peers_of(const target& target) const
    {
        auto peers = targets_on(target);
        std::erase(peers, target);
        return peers;
    }
    virtual const certificate_binding* find(const support::uuid& uid) const = 0;

    // The object as the API server answered a write of the controller.
    virtual void applied(kube::object_json object) = 0;
};

}  // namespace binding
