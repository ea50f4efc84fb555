#include "binding/reconcile/writes_in_flight.hpp"

#include <algorithm>

namespace binding {

std::shared_ptr<void> writes_in_flight::begin(const write& sent, const certificate_binding& object)
{
    if (sent.kind != write_kind::status || sent.wanted.ledger == object.status.ledger)
    {
        return nullptr;
    }
    const auto row = ledgers_.emplace(sent.uid, sent.wanted.ledger);
    return {nullptr, [this, row](void*) { ledgers_.erase(row); }};
}

bool writes_in_flight::made(const certificate_binding& shown) const
{
    const auto [first, last] = ledgers_.equal_range(shown.uid);
    return std::any_of(first, last, [&](const auto& sent) { return sent.second == shown.status.ledger; });
}

}  // namespace binding
