#include "binding/slots/competition.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace binding {
namespace {

// How the ledger of a binding holds the slot that the binding wants.
enum class hold_on_slot
{
    attached,  // with what is in the slot now
    entered,   // with another entry for it
    none,
};

hold_on_slot hold_of(const listener_slots& now, const slot_request& request)
{
    const slot wanted = request.object->wanted_slot();
    const auto& in_slot = wanted == slot::default_ ? now.default_ref : request.ref;
    const bool has_entry_for_it = in_slot && holds(request.held, *in_slot, wanted);
    if (has_entry_for_it && holds(now, *in_slot, wanted))
    {
        return hold_on_slot::attached;
    }
    const bool entered = wanted == slot::default_ ? holds_default(request.held) : has_entry_for_it;
    return entered ? hold_on_slot::entered : hold_on_slot::none;
}

// The contenders in the order in which they get what they want, and the one place that decides it. Creation
// is known to the second: of the same second first comes who holds the slot, so that a tie replaces nobody
// who is attached, and then the smaller uid. All that the precedence goes by is the same for the target of
// each credential.
std::vector<contender*> by_precedence(const listener_slots& now, std::vector<contender>& contenders)
{
    std::vector<contender*> order;
    for (contender& contender : contenders)
    {
        order.push_back(&contender);
    }
    std::ranges::sort(order, {}, [&](const contender* contender) {
        const certificate_binding& object = *contender->request->object;
        return std::tuple(object.created, hold_of(now, *contender->request), object.uid, contender);
    });
    return order;
}

// Its certificate is there and not dead, whoever put it there.
bool is_present(const assignment_input& input, const contender& contender)
{
    return contender.placement.present && !input.is_dead(*contender.request->ref);
}

// Taking part is whose certificate is attached by its ledger, or could be attached now.
bool takes_part(const assignment_input& input, const contender& contender)
{
    const slot_request& request = *contender.request;
    const slot wanted = request.object->wanted_slot();
    if (!request.is_live())
    {
        return false;
    }
    const bool is_attached = is_present(input, contender) && holds(request.held, *request.ref, wanted);
    if (is_attached || (request.ref && request.attachable))
    {
        return true;
    }
    // A rotation that waits for its new certificate keeps its part in the default slot by the old one.
    const auto& default_ref = input.now.default_ref;
    return wanted == slot::default_ && default_ref && !input.is_dead(*default_ref) &&
           holds(request.held, *default_ref, slot::default_);
}

// What at most one binding can have: the default slot (an empty ref), or a certificate in the SNI list.
using prize = std::pair<slot, cloud::container_ref>;

prize wanted_by(const slot_request& request)
{
    return request.object->wanted_slot() == slot::default_ ? prize(slot::default_, {})
                                                           : prize(slot::sni, *request.ref);
}

std::vector<contender> contenders_of(const assignment_input& input)
{
    std::vector<contender> contenders;
    for (const slot_request& request : input.requests)
    {
        contender contender;
        contender.request = &request;
        contender.placement.present =
            request.is_live() && request.ref && holds(input.now, *request.ref, contender.wanted_slot());
        contenders.push_back(std::move(contender));
    }
    return contenders;
}

}  // namespace

std::vector<contender> compete(const assignment_input& input)
{
    std::vector<contender> contenders = contenders_of(input);
    std::map<prize, const contender*> winners;
    for (contender* contender : by_precedence(input.now, contenders))
    {
        if (!takes_part(input, *contender))
        {
            continue;
        }
        const auto& [winner, wins] = winners.try_emplace(wanted_by(*contender->request), contender);
        contender->placement.wins = wins;
        contender->placement.winner = wins ? nullptr : winner->second->request->object;
    }
    for (contender& contender : contenders)
    {
        const bool may_adopt = !contender.request->of_peer && !takes_part(input, contender);
        if (may_adopt && is_present(input, contender))
        {
            // What another binding has won is not there as this one's.
            const bool adopts = winners.try_emplace(wanted_by(*contender.request), &contender).second;
            contender.placement.wins = contender.placement.present = adopts;
        }
    }
    return contenders;
}

}  // namespace binding
