#include "binding/reconcile/requeue_delay.hpp"

namespace binding {

std::optional<support::duration> requeue_delay(
    const target_state* state,
    const certificate_binding* before,
    const certificate_binding* after,
    const settings& settings
)
{
    constexpr support::duration at_once{};
    if (after == nullptr || state == nullptr)
    {
        return at_once;
    }
    const bool arrives =
        before == nullptr || before->generation != after->generation || before->deleting != after->deleting;
    if (arrives && state->first_arrival)
    {
        return settings.settle;  // the pass for the first of them has begun; one more for the others
    }
    const bool asked = arrives || before->abandoned != after->abandoned ||
                       before->requested_at != after->requested_at ||
                       (before->has_finalizer() && !after->has_finalizer() && !after->deleting);
    const auto known = state->bindings.find(after->uid);
    if (asked || known == state->bindings.end() || !known->second.held ||
        *known->second.held != after->status.ledger)
    {
        return at_once;
    }
    return std::nullopt;
}

}  // namespace binding
