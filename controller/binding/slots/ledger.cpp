#include "binding/slots/ledger.hpp"

#include <algorithm>

namespace binding {

bool holds(const ledger& held, const cloud::container_ref& ref, slot in)
{
    return std::ranges::any_of(held.attachments, [&](const attachment& entry) {
        return entry.slot == in && entry.container_ref == ref;
    });
}

bool holds(const ledger& held, const cloud::container_ref& ref)
{
    return holds(held, ref, slot::default_) || holds(held, ref, slot::sni);
}

bool holds_default(const ledger& held)
{
    return std::ranges::any_of(held.attachments, [](const attachment& entry) {
        return entry.slot == slot::default_;
    });
}

attachment* find_entry(ledger& held, const cloud::container_ref& ref, slot in)
{
    const auto it = std::ranges::find_if(held.attachments, [&](const attachment& entry) {
        return entry.slot == in && entry.container_ref == ref;
    });
    return it == held.attachments.end() ? nullptr : &*it;
}

}  // namespace binding
