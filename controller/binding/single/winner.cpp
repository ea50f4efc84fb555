#include "binding/single/winner.hpp"

#include <algorithm>

namespace binding::single {

const certificate_binding* winner_of(
    const certificate_binding& object,
    const std::vector<const certificate_binding*>& bindings,
    const std::function<const ledger&(const certificate_binding&)>& held,
    const std::function<const certificate_facts*(const support::uuid&)>& certificate
)
{
    const auto holds = [&](const certificate_binding& each) {
        return std::ranges::any_of(held(each).attachments, [&](const attachment& entry) {
            const auto named = parse_service_ref(entry.container_ref);
            const bool is_same = object.wanted_slot() == slot::default_ ||
                                 (named && named->certificate == object.spec.certificate_id);
            return named && entry.slot == object.wanted_slot() && is_same;
        });
    };
    const auto could_be_attached = [&](const certificate_binding& each) {
        const auto* facts = certificate(each.spec.certificate_id);
        return facts != nullptr && facts->last && facts->last->value &&
               (*facts->last->value)->state == cloud::certificate_state::active;
    };
    const bool holds_it = holds(object);
    const certificate_binding* best = nullptr;
    for (const certificate_binding* other : bindings)
    {
        const bool wants_the_same = !other->deleting && other->uid != object.uid &&
                                    other->wanted_slot() == object.wanted_slot() &&
                                    (other->wanted_slot() == slot::default_ ||
                                     other->spec.certificate_id == object.spec.certificate_id);
        if (!wants_the_same || (!holds(*other) && !could_be_attached(*other)))
        {
            continue;
        }
        const bool goes_first = holds(*other) != holds_it ? holds(*other) : older(*other, object);
        if (goes_first && (best == nullptr || older(*other, *best)))
        {
            best = other;
        }
    }
    return best;
}

const certificate_binding* owner_of(
    const support::uuid& named,
    const certificate_binding& object,
    const std::vector<const certificate_binding*>& bindings,
    const std::function<const ledger&(const certificate_binding&)>& held
)
{
    const auto it = std::ranges::find_if(bindings, [&](const certificate_binding* other) {
        return !other->deleting && other->uid != object.uid &&
               std::ranges::any_of(held(*other).attachments, [&](const attachment& entry) {
                   const auto names = parse_service_ref(entry.container_ref);
                   return names && names->binding == named;
               });
    });
    return it == bindings.end() ? nullptr : *it;
}

}  // namespace binding::single
