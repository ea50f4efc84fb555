#pragma once

#include "binding/resource/certificate_binding.hpp"
#include "cloud/client.hpp"

#include <string_view>

// What can be asked of a ledger.
namespace binding {

// Whether a ledger was written through the cloud and project of `place`, by whatever endpoint.
inline bool same_cloud(const ledger_scope& written, const cloud::project_scope& scope)
{
    return written.identity.view() == scope.identity && written.project_id.view() == scope.project_id &&
           written.region.view() == scope.region;
}

bool holds_key(const ledger& held, std::string_view key, slot where);

}  // namespace binding
