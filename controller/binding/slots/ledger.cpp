#include "binding/slots/ledger.hpp"

#include <algorithm>

namespace binding {

bool holds(const ledger& held, const cloud::container_ref& ref, slot where)
{
    return std::ranges::any_of(held.attachments, [&](const attachment& entry) {
        return entry.slot == where && entry.container_ref == ref;
    });
}

}  // namespace binding
