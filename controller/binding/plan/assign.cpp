#include "binding/plan/assign.hpp"

#include "binding/gates/stops.hpp"
#include "binding/gates/unreadable_refs.hpp"
#include "binding/policies/deferrals.hpp"

#include <utility>

namespace binding {
namespace {

assignment_input input_of(
    const observation& observation,
    const listener_view& view,
    const members& members,
    const std::set<cloud::container_ref>& left_out
)
{
    assignment_input input;
    input.now = view.slots;
    input.dead = left_out;
    for (const member& member : members)
    {
        input.requests.push_back(member.request);
    }
    for (const auto& [slot_and_ref, change] : observation.state->ownership_changes)
    {
        const auto& [in, ref] = slot_and_ref;
        if (in == slot::sni && is_contested(observation, view.slots, slot::sni, ref, false))
        {
            input.later.insert(ref);
        }
    }
    for (const auto& [ref, answer] : observation.state->answers.refs)
    {
        if (answer.asked_at >= observation.pass_started && answer.state != cloud::ref_state::unanswered)
        {
            input.readable[ref] = answer.state == cloud::ref_state::readable;
        }
    }
    return input;
}

// A ref that was looked up in this pass without an answer stops the pass, and is not looked up again.
std::variant<assignment, read, stop> read_first(
    const observation& observation, const members& members, unread_refs unread
)
{
    const auto& answers = observation.state->answers.refs;
    for (const cloud::container_ref& ref : unread.refs)
    {
        const auto it = answers.find(ref);
        if (it != answers.end() && it->second.asked_at >= observation.pass_started)
        {
            return stop_for(
                observation, members, {cloud::failure::transient, no_answer_about({ref}), {}, {}}
            );
        }
    }
    return read{.refs = std::move(unread.refs)};
}

}  // namespace

std::variant<assignment, read, stop> assign(
    const observation& observation,
    const listener_view& view,
    members& members,
    const std::set<cloud::container_ref>& left_out
)
{
    auto assigned = assign_slots(input_of(observation, view, members, left_out));
    if (auto* unread = std::get_if<unread_refs>(&assigned))
    {
        return read_first(observation, members, std::move(*unread));
    }
    auto& slots = std::get<assignment>(assigned);
    auto placement = slots.placements.begin();
    for (member& member : members)
    {
        member.placement = *placement++;
    }
    return std::move(slots);
}

}  // namespace binding
