#include "binding/slots/ledger.hpp"

#include "cloud/container_ref.hpp"

#include <algorithm>

namespace binding {

bool holds_key(const ledger& held, std::string_view key, slot where)
{
    return std::ranges::any_of(held.attachments, [&](const attachment& each) {
        return each.slot == where && cloud::ref_key(each.container_ref.view()) == key;
    });
}

}  // namespace binding
