#include "invariants/rules.hpp"

#include <algorithm>

namespace rules {
namespace {

using binding::slot;
using cloud::container_ref;

void append(sentences& all, sentence added)
{
    if (added)
    {
        all.push_back(*std::move(added));
    }
}

// S1, S12: Kubernetes holds an unconfirmed entry for each ref that a PUT changes.
sentence lacks_entry(std::span<const ledger_entry> ledgers, const slot_entry& entry, const std::string& verb)
{
    if (!holds(ledgers, entry))
    {
        return "S1: " + verb + " " + text_of(entry) + ", which no ledger holds";
    }
    const bool unconfirmed = std::ranges::any_of(ledgers, [&](const ledger_entry& held) {
        return held.held == entry && !held.confirmed;
    });
    return unconfirmed ? sentence() : "S12: " + verb + " " + text_of(entry) + " without an unconfirmed entry";
}

}  // namespace

std::set<slot_entry> entries_of(const binding::listener_slots& slots)
{
    std::set<slot_entry> all;
    if (slots.default_ref)
    {
        all.insert({*slots.default_ref, slot::default_});
    }
    for (const container_ref& ref : slots.sni_refs)
    {
        all.insert({ref, slot::sni});
    }
    return all;
}

std::set<slot_entry> entries_of(const binding::ledger& held)
{
    std::set<slot_entry> all;
    for (const binding::attachment& attachment : held.attachments)
    {
        all.insert({attachment.container_ref, attachment.slot});
    }
    return all;
}

std::vector<ledger_entry> ledger_entries_of(
    const binding::ledger& held, const binding::certificate_binding* object
)
{
    std::vector<ledger_entry> all;
    for (const binding::attachment& attachment : held.attachments)
    {
        all.push_back({
            .held = {attachment.container_ref, attachment.slot},
            .confirmed = attachment.confirmed,
            .deleting = object != nullptr && object->deleting,
            .remembered = held.replaced_default_ref,
            .object = object,
        });
    }
    return all;
}

std::string text_of(const slot_entry& entry)
{
    return entry.ref.str() + (entry.slot == slot::default_ ? " (default)" : " (sni)");
}

bool holds(std::span<const ledger_entry> ledgers, const slot_entry& entry)
{
    return std::ranges::any_of(ledgers, [&](const ledger_entry& held) { return held.held == entry; });
}

sentences broken_by_put(
    const std::set<slot_entry>& before,
    const std::set<slot_entry>& after,
    bool in_error,
    std::span<const ledger_entry> ledgers
)
{
    sentences broken;
    if (before == after && !in_error)
    {
        broken.emplace_back("S8: a PUT that changes nothing");
    }
    if (after.empty())
    {
        broken.emplace_back("S2: leaves no certificate on the listener");
    }
    for (const slot_entry& entry : before)
    {
        if (entry.slot == slot::sni && !after.contains(entry))
        {
            append(broken, lacks_entry(ledgers, entry, "removes"));
        }
    }
    for (const slot_entry& entry : after)
    {
        if (entry.slot == slot::sni && !before.contains(entry))
        {
            append(broken, lacks_entry(ledgers, entry, "adds"));
        }
    }
    return broken;
}

const ledger_entry* taker_of_default(
    const container_ref& before, const container_ref& after, std::span<const ledger_entry> ledgers
)
{
    const bool was_ours = holds(ledgers, {before, slot::default_});
    const ledger_entry* taker = nullptr;
    for (const ledger_entry& entry : ledgers)
    {
        if (entry.held == slot_entry{after, slot::default_} && !entry.deleting)
        {
            const bool right = entry.remembered == before || (was_ours && !entry.remembered.empty());
            taker = taker == nullptr || right ? &entry : taker;
        }
    }
    return taker;
}

sentences broken_by_default(
    const container_ref& before, const container_ref& after, std::span<const ledger_entry> ledgers
)
{
    sentences broken;
    const bool was_ours = holds(ledgers, {before, slot::default_});
    if (was_ours)
    {
        append(broken, lacks_entry(ledgers, {before, slot::default_}, "replaces"));
    }
    if (after.empty())
    {
        broken.push_back("never-without-default: takes the default " + before.str() + " and gives none");
        return broken;
    }
    bool remembers_any = false;
    bool remembers_after = false;
    for (const ledger_entry& entry : ledgers)
    {
        if (entry.held == slot_entry{before, slot::default_})
        {
            remembers_any = remembers_any || !entry.remembered.empty();
            remembers_after = remembers_after || entry.remembered == after;
        }
    }
    const ledger_entry* const taker = taker_of_default(before, after, ledgers);
    if (taker == nullptr)
    {
        if (!was_ours)
        {
            broken.push_back("S1: replaces the foreign default " + before.str() + " by " + after.str());
        }
        else if (!remembers_after)
        {
            broken.push_back(
                "never-without-default: puts back " + after.str() + ", which was not remembered"
            );
        }
        return broken;
    }
    append(broken, lacks_entry(ledgers, taker->held, "adds"));
    if (!was_ours && !before.empty() && taker->remembered != before)
    {
        broken.push_back(
            "never-without-default: replaces the foreign default " + before.str() + ", but remembers " +
            taker->remembered.str()
        );
    }
    if (was_ours && remembers_any && taker->remembered.empty())
    {
        broken.emplace_back(
            "never-without-default: the memory of the default from before does not travel with the slot"
        );
    }
    return broken;
}

sentence broken_by_release(
    const std::string& name, const slot_entry& held, const std::set<slot_entry>& shown, bool unchanging
)
{
    if (shown.contains(held))
    {
        return "S4: " + name + " goes, " + text_of(held) + " stays";
    }
    return unchanging ? sentence() : "S4: " + name + " goes, but the listener was being changed";
}

sentence broken_by_giving_up(
    const std::string& name, const slot_entry& held, const std::set<slot_entry>& shown
)
{
    return shown.contains(held) ? "S12: " + name + " gives up " + text_of(held) + ", which is there"
                                : sentence();
}

sentences broken_by_ready(
    const std::string& name,
    const slot_entry& wanted,
    const std::set<slot_entry>& shown,
    bool at_rest,
    std::span<const ledger_entry> ledger
)
{
    sentences broken;
    if (!at_rest || !shown.contains(wanted))
    {
        broken.push_back("S6: " + name + " becomes Ready, but was not read back");
    }
    if (std::ranges::find(shown, binding::slot::default_, &slot_entry::slot) == shown.end())
    {
        broken.push_back("S6: " + name + " becomes Ready on a listener that serves no TLS");
    }
    const bool entered = std::ranges::any_of(ledger, [&](const ledger_entry& entry) {
        return entry.confirmed && entry.held == wanted;
    });
    if (!entered)
    {
        broken.push_back("S12: " + name + " becomes Ready without a confirmed entry");
    }
    return broken;
}

}  // namespace rules
