#pragma once

#include "binding/resource/certificate_binding.hpp"
#include "cloud/client.hpp"

// What can be asked of a ledger.
namespace binding {

// Whether a ledger was written through the cloud and project of `place`, by whatever endpoint.
inline bool same_cloud(const ledger_scope& written, const cloud::project_scope& scope)
{
    return written.identity.view() == scope.identity && written.project_id.view() == scope.project_id &&
           written.region.view() == scope.region;
}

// Whether the ledger has an entry for the ref in that slot, however it is spelled there.
bool holds(const ledger& held, const cloud::container_ref& ref, slot in);
// The same in any slot.
bool holds(const ledger& held, const cloud::container_ref& ref);
// Whether the ledger has an entry for the default slot.
bool holds_default(const ledger& held);

// The entry for the ref in that slot; null: there is none.
attachment* find_entry(ledger& held, const cloud::container_ref& ref, slot in);

}  // namespace binding
