#include "binding/slots/default_slot.hpp"

#include <algorithm>

namespace binding {
namespace {

using cloud::container_ref;

const contender* winner_of_default(const std::vector<contender>& contenders)
{
    const auto it = std::ranges::find_if(contenders, [](const contender& contender) {
        return contender.placement.wins && contender.wanted_slot() == slot::default_;
    });
    return it == contenders.end() ? nullptr : &*it;
}

// The contenders whose ledgers hold what is in the default slot, and for which this target acts.
std::vector<const contender*> holders_of(
    const container_ref& default_ref, const std::vector<contender>& contenders
)
{
    std::vector<const contender*> holders;
    for (const contender& contender : contenders)
    {
        if (!contender.request->of_peer && contender.request->owns(default_ref, slot::default_))
        {
            holders.push_back(&contender);
        }
    }
    return holders;
}

// The holder whose memory of the default from before counts: the first that has one, else the last.
const contender* leaver_of(const std::vector<const contender*>& holders)
{
    const auto it = std::ranges::find_if(holders, [](const contender* holder) {
        return !holder->request->held.replaced_default_ref.empty();
    });
    return it != holders.end() ? *it : holders.back();
}

// Empty: it has not been looked up.
std::optional<bool> is_readable(const assignment_input& input, const container_ref& ref)
{
    const bool is_usable_certificate = std::ranges::any_of(input.requests, [&](const slot_request& request) {
        return request.attachable && !request.of_peer && request.ref == ref;
    });
    const auto it = input.readable.find(ref);
    return is_usable_certificate        ? std::optional(true)
           : it != input.readable.end() ? std::optional(it->second)
                                        : std::nullopt;
}

default_slot after_leaver(const assignment_input& input, const contender& leaver)
{
    default_slot as_it_is{.ref = input.now.default_ref};
    const container_ref& remembered = leaver.request->held.replaced_default_ref;
    const bool is_way_out = !remembered.empty() && remembered != *input.now.default_ref;
    const auto readable = is_way_out ? is_readable(input, remembered) : false;
    if (!readable)
    {
        as_it_is.unread = remembered;
        return as_it_is;
    }
    if (*readable)
    {
        return {.ref = remembered, .end = default_end::restored};
    }
    as_it_is.kept_as_last = &leaver;
    return as_it_is;
}

}  // namespace

default_slot default_afterwards(const assignment_input& input, const std::vector<contender>& contenders)
{
    const default_slot as_it_is{.ref = input.now.default_ref};
    if (const contender* winner = winner_of_default(contenders))
    {
        // A winner that is not placed keeps the slot by its old certificate, or its own target places it.
        const bool goes_in = winner->placement.placed && !winner->placement.present;
        return goes_in ? default_slot{.ref = winner->request->ref, .end = default_end::ours} : as_it_is;
    }
    if (!input.now.default_ref)
    {
        return as_it_is;
    }
    const container_ref& default_ref = *input.now.default_ref;
    const auto holders = holders_of(default_ref, contenders);
    const bool is_kept = std::ranges::any_of(holders, [&](const contender* holder) {
        return holder->request->unwritable || (holder->keeps_its_old_refs() && !input.is_dead(default_ref));
    });
    if (holders.empty() || is_kept || input.is_left_to_peer(default_ref, slot::default_))
    {
        return as_it_is;
    }
    return after_leaver(input, *leaver_of(holders));
}

}  // namespace binding
