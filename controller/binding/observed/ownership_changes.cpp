#include "binding/observed/ownership_changes.hpp"

#include "support/backoff.hpp"

#include <algorithm>
#include <set>

namespace binding {

using namespace std::chrono_literals;

namespace {

constexpr support::duration undisturbed = 1h;
constexpr support::duration without_attempt = 2h;

}  // namespace

void record_ownership_changes(ownership_changes& changes, const put_state& put, support::time_point now)
{
    const auto record = [&](slot where, const cloud::container_ref& ref, bool added) {
        ownership_change& change = changes[{where, ref}];
        change.times = change.added == added ? change.times + 1 : 1;
        change.added = added;
        change.at = now;
    };
    const auto& before = put.from;
    const auto& after = put.expected;
    if (after.default_ref && after.default_ref != before.default_ref)
    {
        record(slot::default_, *after.default_ref, true);
        // The controller itself has replaced the ref.
        changes.erase({slot::default_, before.default_ref.value_or(cloud::container_ref())});
    }
    const std::set sni_before(before.sni_refs.begin(), before.sni_refs.end());
    const std::set sni_after(after.sni_refs.begin(), after.sni_refs.end());
    for (const cloud::container_ref& ref : sni_after)
    {
        if (!sni_before.contains(ref))
        {
            record(slot::sni, ref, true);
        }
    }
    for (const cloud::container_ref& ref : sni_before)
    {
        if (!sni_after.contains(ref))
        {
            record(slot::sni, ref, false);
        }
    }
}

void forget_undisturbed_changes(
    ownership_changes& changes, support::time_point now, const cloud::listener* at_rest
)
{
    std::erase_if(changes, [&](const auto& entry) {
        const auto& [slot_and_ref, change] = entry;
        const auto& [in, ref] = slot_and_ref;
        const bool shown = at_rest != nullptr && holds(slots_of(*at_rest), ref, in);
        const bool stays = at_rest != nullptr && shown == change.added;
        return now - change.at >= (stays ? undisturbed : without_attempt);
    });
}

bool may_forget_changes(const ownership_changes& changes, support::time_point now)
{
    return std::ranges::any_of(changes, [&](const auto& entry) {
        return now - entry.second.at >= undisturbed;
    });
}

support::time_point contested_until(const ownership_change& change, const settings& settings)
{
    const bool undone_before = change.times > 1;
    return undone_before
               ? change.at + support::backoff{std::min<support::duration>(settings.resync_period, 1h), 1h}
                                 .without_jitter(change.times - 1)
               : change.at;
}

}  // namespace binding
