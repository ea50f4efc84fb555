#pragma once

#include "binding/resource/certificate_binding.hpp"
#include "binding/target.hpp"
#include "kube/client.hpp"
#include "support/uuid.hpp"

#include <vector>

namespace binding {

// What the reconciler needs of the store of bindings. Pointers hold until the next change of the store.
class binding_store
{
public:
    virtual ~binding_store() = default;

    virtual std::vector<const certificate_binding*> bindings_of(const target& target
    ) const = 0;  // oldest first
    virtual std::vector<target> targets() const = 0;
    // The others of its listener: the same cloud, or no credential.
    virtual std::vector<target> peers_of(const target& target) const = 0;
    virtual const certificate_binding* find(const support::uuid& uid) const = 0;

    // The answer to a write of ours: the object as it is now.
    virtual void applied(kube::object_json object) = 0;
};

}  // namespace binding
