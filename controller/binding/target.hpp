#pragma once

#include "binding/resource/certificate_binding.hpp"
#include "support/interned.hpp"
#include "support/uuid.hpp"

#include <compare>

namespace binding {

// The unit of reconciliation: one listener through one credential.
struct target
{
    support::interned region;
    support::uuid listener;
    support::interned identity = {};    // the Keystone URL of the credential; empty: there is none
    support::interned credential = {};  // its id

    bool operator==(const target&) const = default;
    std::strong_ordering operator<=>(const target&) const = default;
};

// Whether both are of one listener: the same cloud, or no credential.
inline bool same_listener(const target& a, const target& b)
{
    return a.region == b.region && a.listener == b.listener &&
           (a.identity == b.identity || a.identity.empty() || b.identity.empty());
}

// The target but for its credential.
inline target listener_of(const certificate_binding& object)
{
    return {object.spec.region, object.spec.resource_id};
}

// All that acts with its credential.
inline target tenant_of(const target& target)
{
    return {{}, {}, target.identity, target.credential};
}

}  // namespace binding
