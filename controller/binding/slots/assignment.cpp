#include "binding/slots/assignment.hpp"

#include "binding/slots/competition.hpp"
#include "binding/slots/sni_list.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace binding {
namespace {

using cloud::container_ref;

std::vector<contender> with_placed(const assignment_input& input, std::vector<contender> contenders)
{
    for (contender& contender : contenders)
    {
        const auto& [request, placement] = contender;
        const bool may_be_there =
            request->ref && !input.is_dead(*request->ref) && (placement.present || request->may_be_added());
        contender.placement.placed = placement.wins && may_be_there;
    }
    return contenders;
}

struct last_certificate
{
    container_ref ref;
    const contender* holder = nullptr;
};

// Which SNI ref stays of those that would leave the listener empty: the oldest deletion's. A dead ref stays
// only if all are dead, and one of a live binding only if it is the last of those.
std::optional<last_certificate> last_of(
    const assignment_input& input, const std::vector<contender>& contenders
)
{
    for (const auto& [is_dead, leaving] : {std::pair(false, true), {true, true}, {true, false}})
    {
        for (const contender& contender : contenders)
        {
            const auto it = std::ranges::find_if(input.now.sni_refs, [&](const container_ref& ref) {
                return input.is_dead(ref) == is_dead && holds(contender.request->held, ref, slot::sni);
            });
            if (contender.request->leaving == leaving && it != input.now.sni_refs.end())
            {
                return last_certificate{*it, &contender};
            }
        }
    }
    return std::nullopt;
}

std::set<container_ref> as_set(const std::vector<container_ref>& refs)
{
    return {refs.begin(), refs.end()};
}

cloud::listener_change narrow_change(const listener_slots& now, const listener_slots& after)
{
    cloud::listener_change change;
    if (after.default_ref != now.default_ref)
    {
        change.default_ref = after.default_ref;
    }
    if (as_set(after.sni_refs) != as_set(now.sni_refs))
    {
        change.sni_refs = after.sni_refs;
    }
    return change;
}

// The placement with the entries that go and those that stay though they are not wanted. What becomes of a
// peer's entries is for its own target to say.
placement with_entries(const contender& contender, const listener_slots& now, const listener_slots& after)
{
    const slot_request& request = *contender.request;
    placement placement = contender.placement;
    if (request.left_in_place || request.of_peer)
    {
        return placement;
    }
    for (const attachment& entry : request.held.attachments)
    {
        const auto& [ref, in, confirmed] = entry;
        const bool is_wanted = request.is_live() && request.ref == ref && contender.wanted_slot() == in;
        if (!holds(now, ref, in))
        {
            continue;
        }
        if (!holds(after, ref, in))
        {
            placement.removed.push_back(entry);
        }
        else if (!is_wanted)
        {
            placement.kept.push_back(entry);
        }
    }
    return placement;
}

// The slots with the refs of the SNI list that go another time, sorted as a listener has them.
listener_slots slots_of(const default_slot& default_slot, sni_list sni)
{
    std::ranges::copy(sni.going_later, std::back_inserter(sni.refs));
    std::ranges::sort(sni.refs, {}, &container_ref::str);
    return {default_slot.ref, std::move(sni.refs)};
}

}  // namespace

std::variant<assignment, unread_refs> assign_slots(const assignment_input& input)
{
    const std::vector<contender> contenders = with_placed(input, compete(input));
    sni_list sni = sni_afterwards(input, contenders);
    const default_slot default_slot = default_afterwards(input, contenders);
    if (default_slot.unread)
    {
        return unread_refs{{*default_slot.unread}};
    }

    const contender* kept_as_last = default_slot.kept_as_last;
    if (!default_slot.ref && sni.refs.empty())
    {
        if (const auto last = last_of(input, contenders))
        {
            // It stays once, whether or not it would go another time.
            std::erase_if(sni.going_later, [&](const container_ref& ref) {
                return ref.spelled_as(last->ref);
            });
            sni.refs.push_back(last->ref);
            kept_as_last = last->holder->request->leaving ? last->holder : nullptr;
        }
    }

    assignment assigned;
    assigned.after = slots_of(default_slot, std::move(sni));
    assigned.change = narrow_change(input.now, assigned.after);
    assigned.default_ref = default_slot.end;
    if (default_slot.end == default_end::restored)
    {
        assigned.restored_ref = *default_slot.ref;
    }
    for (const contender& contender : contenders)
    {
        placement& placement =
            assigned.placements.emplace_back(with_entries(contender, input.now, assigned.after));
        placement.kept_as_last = &contender == kept_as_last;
    }
    return assigned;
}

}  // namespace binding
