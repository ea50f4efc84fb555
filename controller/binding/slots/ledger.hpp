#pragma once

#include "binding/resource/certificate_binding.hpp"
#include "cloud/client.hpp"

#include <string_view>

// What can be asked of a ledger.
namespace binding {

// Whether a ledger was written through the cloud and project of `place`, by whatever endpoint.
inline bool same_cloud(const ledger_place& written, const cloud::place& place)
{
    return written.identity.view() == place.identity && written.project_id.view() == place.project_id &&
           written.region.view() == place.region;
}

bool holds_key(const ledger& held, std::string_view key, slot where);

}  // namespace binding
