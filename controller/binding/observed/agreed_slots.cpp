#include "binding/observed/agreed_slots.hpp"

#include <utility>

namespace binding {

void agreed_slots::record_read(
    listener_slots shown, bool lacks_ledger, support::time_point asked_at, support::duration lag
)
{
    const bool agrees = slots ? same_slots(*slots, shown) : !lacks_ledger;
    if (agrees || (contradicted_since && asked_at - *contradicted_since >= lag))
    {
        agree(std::move(shown));
        return;
    }
    contradicted_since = contradicted_since.value_or(asked_at);
}

void agreed_slots::record_accepted(listener_slots expected)
{
    agree(std::move(expected));
}

void agreed_slots::agree(listener_slots on)
{
    if (slots && !same_slots(*slots, on))
    {
        previous = std::move(slots);
    }
    slots = std::move(on);
    contradicted_since.reset();
}

}  // namespace binding
