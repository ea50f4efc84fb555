#include "binding/slots/sni_list.hpp"

#include <algorithm>

namespace binding {
namespace {

using cloud::container_ref;

bool is_wanted(const container_ref& ref, const std::vector<contender>& contenders)
{
    return std::ranges::any_of(contenders, [&](const contender& contender) {
        const bool wants_it = contender.placement.placed && contender.wanted_slot() == slot::sni &&
                              contender.request->ref == ref;
        return wants_it || (holds(contender.request->held, ref, slot::sni) && contender.keeps_its_old_refs());
    });
}

bool stays(const assignment_input& input, const container_ref& ref, const std::vector<contender>& contenders)
{
    if (!input.is_ours(ref, slot::sni))
    {
        return true;
    }
    if (input.is_dead(ref))
    {
        return false;
    }
    return input.is_left_to_peer(ref, slot::sni) || is_wanted(ref, contenders);
}

bool goes_later(const assignment_input& input, const container_ref& ref)
{
    const bool is_unwritable = std::ranges::any_of(input.requests, [&](const slot_request& request) {
        return request.unwritable && holds(request.held, ref, slot::sni);
    });
    return is_unwritable || (input.later.contains(ref) && !input.is_dead(ref));
}

}  // namespace

sni_list sni_afterwards(const assignment_input& input, const std::vector<contender>& contenders)
{
    sni_list list;
    for (const container_ref& ref : input.now.sni_refs)
    {
        if (stays(input, ref, contenders))
        {
            list.refs.push_back(ref);
        }
        else if (goes_later(input, ref))
        {
            list.going_later.push_back(ref);
        }
    }
    for (const contender& contender : contenders)
    {
        const placement& placement = contender.placement;
        if (contender.wanted_slot() == slot::sni && placement.placed && !placement.present)
        {
            list.refs.push_back(*contender.request->ref);
        }
    }
    return list;
}

}  // namespace binding
