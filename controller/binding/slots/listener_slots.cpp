#include "binding/slots/listener_slots.hpp"

#include <algorithm>
#include <set>

namespace binding {

listener_slots slots_of(const cloud::listener& listener)
{
    return {listener.default_ref, listener.sni_refs};
}

bool holds(const listener_slots& slots, const cloud::container_ref& ref, slot where)
{
    return where == slot::default_ ? slots.default_ref == ref
                                   : std::ranges::find(slots.sni_refs, ref) != slots.sni_refs.end();
}

bool same_slots(const listener_slots& a, const listener_slots& b)
{
    const auto as_set = [](const listener_slots& slots) {
        return std::set(slots.sni_refs.begin(), slots.sni_refs.end());
    };
    return a.default_ref == b.default_ref && as_set(a) == as_set(b);
}

}  // namespace binding
