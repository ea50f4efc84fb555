#pragma once

#include "cloud/container_ref.hpp"
#include "support/uuid.hpp"

#include <optional>

namespace binding {

// The containerRef of a ledger entry for a cloud that attaches single bindings: the path of the certificate
// in that cloud's API, "/v1/certificates/<id>", and of the binding, ".../bindings/<id>", once its id is
// known.
struct service_ref
{
    support::uuid certificate;
    std::optional<support::uuid> binding = {};

    bool operator==(const service_ref&) const = default;
};

cloud::container_ref ref_of(const service_ref& names);

// Empty for the ref of a certificate service, or any other text.
std::optional<service_ref> parse_service_ref(const cloud::container_ref& ref);

}  // namespace binding
