#pragma once

#include "binding/plan/step.hpp"
#include "binding/resource/certificate_binding.hpp"

#include <map>
#include <memory>

namespace binding {

// The writes of ledgers that were sent and are not answered. The watch may show what such a write made before
// the answer comes, and what the controller wrote itself is no change of somebody else.
class writes_in_flight
{
public:
    // The write to `object` is in flight for as long as what is returned lives. It must not outlive this
    // object. Null: the write leaves the ledger as it is.
    [[nodiscard]] std::shared_ptr<void> begin(const write& sent, const certificate_binding& object);

    // Whether the ledger in status is the one of a write in flight.
    bool made(const certificate_binding& shown) const;

private:
    std::multimap<support::uuid, ledger> ledgers_;
};

}  // namespace binding
