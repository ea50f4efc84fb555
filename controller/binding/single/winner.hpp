#pragma once

#include "binding/single/facts.hpp"

#include <functional>
#include <vector>

namespace binding::single {

// oldest-wins among the bindings of a target: the one that keeps `object` from the default slot, or from its
// certificate in its slot. Who is attached keeps what it has; of the others that could be attached now the
// oldest wins. Null: none.
const certificate_binding* winner_of(
    const certificate_binding& object,
    const std::vector<const certificate_binding*>& bindings,
    const std::function<const ledger&(const certificate_binding&)>& held,
    const std::function<const certificate_facts*(const support::uuid&)>& certificate
);

// Another live binding of the target whose ledger names this binding of the cloud. Null: none.
const certificate_binding* owner_of(
    const support::uuid& named,
    const certificate_binding& object,
    const std::vector<const certificate_binding*>& bindings,
    const std::function<const ledger&(const certificate_binding&)>& held
);

}  // namespace binding::single
