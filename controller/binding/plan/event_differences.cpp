#include "binding/plan/event_differences.hpp"

#include "binding/plan/ledgers.hpp"
#include "binding/plan/lost_update.hpp"
#include "binding/policies/certificates.hpp"
#include "binding/slots/ledger.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <optional>

namespace binding {
namespace {

event normal(const certificate_binding& object, std::string reason, std::string note)
{
    return event_about(object, false, std::move(reason), std::move(note));
}

std::string refs_of(const ledger& held)
{
    std::vector<std::string> refs;
    std::ranges::transform(held.attachments, std::back_inserter(refs), [](const attachment& entry) {
        return entry.container_ref.str();
    });
    return support::joined(refs);
}

// A write or a PUT whose answer is lost is planned again, and Kubernetes keeps one event of a key.
event keyed(event event, std::string key)
{
    event.key = std::move(key);
    return event;
}

// The binding whose certificate the PUT puts into the default slot.
const member* default_taker(const members& members)
{
    const auto it = std::ranges::find_if(members, [](const member& member) {
        return member.adds() && member.object().wanted_slot() == slot::default_;
    });
    return it == members.end() ? nullptr : &*it;
}

// The binding whose default the PUT removes.
const member* default_leaver(const members& members)
{
    const auto it = std::ranges::find_if(members, [](const member& member) {
        return std::ranges::find(member.placement.removed, slot::default_, &attachment::slot) !=
               member.placement.removed.end();
    });
    return it == members.end() ? nullptr : &*it;
}

// never-without-default: a foreign default is named before its slot is taken.
std::optional<event> event_of_default(const listener_update& update)
{
    const auto& shown = update.view.slots.default_ref;
    const member* taker = default_taker(update.members);
    if (update.slots.default_ref == default_end::ours && taker != nullptr && shown &&
        !is_ours(update.members, *shown, slot::default_))
    {
        return keyed(
            normal(
                taker->object(),
                "DefaultReplaced",
                "replaces the default certificate " + shown->str() +
                    ", which is restored when no binding wants the slot, if it is still readable"
            ),
            shown->str()
        );
    }
    const member* leaver = default_leaver(update.members);
    if (update.slots.default_ref == default_end::restored && leaver != nullptr)
    {
        const std::string restored = update.slots.restored_ref.str();
        return keyed(
            normal(
                leaver->object(), "DefaultRestored", "restores the previous default certificate: " + restored
            ),
            restored
        );
    }
    return std::nullopt;
}

}  // namespace

std::vector<event> events_between(
    const certificate_binding& object, const ledger& before, const ledger& after
)
{
    std::vector<event> events;
    for (const attachment& entry : after.attachments)
    {
        // The write-ahead begins an entry unconfirmed, so a new confirmed entry was on the listener before.
        if (entry.confirmed && !holds(before, entry.container_ref, entry.slot))
        {
            events.push_back(keyed(
                normal(
                    object,
                    "Adopted",
                    entry.container_ref.str() +
                        " was on the listener already. Deleting this binding detaches "
                        "the certificate, unless spec.deletionPolicy is Retain"
                ),
                entry.container_ref.str()
            ));
        }
    }
    return events;
}

std::vector<event> events_of_release(const observation& observation, const member& member)
{
    const certificate_binding& object = member.object();
    if (!member.held().attachments.empty() && is_left_in_place(object, member.held()))
    {
        const std::string refs = refs_of(member.held());
        return {keyed(
            normal(
                object, "Retained", "these certificates stay on the listener, as the binding asks: " + refs
            ),
            refs
        )};
    }
    const auto& listener = observation.state->answers.listener;
    if (!member.held().attachments.empty())
    {
        const std::string refs = refs_of(member.held());
        const bool is_gone = listener && !listener->value;
        return {keyed(
            normal(
                object,
                "Detached",
                is_gone
                    ? "the listener does not exist any more, and with it these certificates of it: " + refs
                    : "these certificates are off the listener: " + refs
            ),
            refs
        )};
    }
    if (listener && listener->value)
    {
        if (const auto left = present_ref(object, slots_of(*listener->value)))
        {
            return {keyed(
                normal(
                    object,
                    "NotDetached",
                    "the certificate stays on the listener because status.attachments has no entry for it: " +
                        left->str()
                ),
                left->str()
            )};
        }
    }
    return {};
}

std::vector<event> events_of_put(const listener_update& update)
{
    std::vector<event> events;
    for (const cloud::container_ref& ref : update.left_out)
    {
        for (const member& member : update.members)
        {
            if (!member.is_peer() && holds(member.held(), ref))
            {
                events.push_back(keyed(
                    event_about(
                        member.object(),
                        true,
                        "DeadRefRemoved",
                        "removed from the listener because the certificate does not exist any more: " +
                            ref.str()
                    ),
                    ref.str()
                ));
            }
        }
    }
    if (auto default_event = event_of_default(update))
    {
        events.push_back(std::move(*default_event));
    }
    return events;
}

std::vector<event> events_of_put_end(const observation& observation, const members& own)
{
    const auto& put = observation.state->puts.under_way;
    if (!put || !put->meanwhile)
    {
        return {};
    }
    const auto undone = undone_changes(put->from, *put->meanwhile, put->expected, view_of(observation).slots);
    if (undone.empty())
    {
        return {};
    }
    return {event_about(
        own.front().object(),
        true,
        "ForeignUpdateLost",
        "our change of the listener overwrote a change that another client made at the same time; make that "
        "change again: " +
            support::joined(undone)
    )};
}

}  // namespace binding
