#include "binding/reconcile/writes_in_flight.hpp"

namespace binding {

std::shared_ptr<void> writes_in_flight::begin(const write& sent)
{
    if (sent.kind != write_kind::status)
    {
        return nullptr;
    }
    ledgers_.insert_or_assign(sent.uid, sent.wanted.ledger);
    return {nullptr, [this, uid = sent.uid](void*) { ledgers_.erase(uid); }};
}

bool writes_in_flight::made(const certificate_binding& shown) const
{
    const auto sent = ledgers_.find(shown.uid);
    return sent != ledgers_.end() && sent->second == shown.status.ledger;
}

}  // namespace binding
