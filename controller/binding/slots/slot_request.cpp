#include "binding/slots/slot_request.hpp"

#include <algorithm>

namespace binding {

bool assignment_input::is_ours(const cloud::container_ref& ref, slot in) const
{
    return std::ranges::any_of(requests, [&](const slot_request& request) { return request.owns(ref, in); });
}

// A ref that a peer holds is left to the peer's target. If bindings of both targets leave, the target of the
// older binding removes the ref. This order of age has nothing to do with who gets a slot (competition).
bool assignment_input::is_left_to_peer(const cloud::container_ref& ref, slot in) const
{
    const certificate_binding* oldest_of_ours = nullptr;
    for (const slot_request& request : requests)
    {
        const bool is_first = oldest_of_ours == nullptr || older(*request.object, *oldest_of_ours);
        if (!request.of_peer && request.owns(ref, in) && is_first)
        {
            oldest_of_ours = request.object;
        }
    }
    return std::ranges::any_of(requests, [&](const slot_request& request) {
        const bool goes_first =
            oldest_of_ours == nullptr || (!request.cannot_act && older(*request.object, *oldest_of_ours));
        return request.of_peer && request.owns(ref, in) && (request.is_live() || goes_first);
    });
}

}  // namespace binding
