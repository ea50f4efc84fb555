// Flow: a deferral leaves one certificate out of one PUT. It ends at a time, by a change of the binding, or
// when its cause ends.
// Guarantees: a deferred binding keeps its part in conflicts, so no binding loses a slot because of a
// deferral. The other certificates of the PUT are sent.
// Assumptions: target_state has recorded the refs that Octavia refused, and the changes that another client
// undid.
#include "binding/policies/deferrals.hpp"

#include "binding/policies/certificates.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace binding {
namespace {

using namespace std::chrono_literals;

constexpr support::duration heir_within = 60s;

// Octavia named the ref in a refusal, although the certificate service shows the certificate. The certificate
// is sent again later, and no other binding waits for it.
std::optional<deferral> deferred_by_refusal(const observation& observation, const member& member)
{
    const auto& refused_refs = observation.state->refusals.refused_refs;
    const auto it = refused_refs.find((*certificate_of(member))->container_ref);
    if (it == refused_refs.end() || observation.now >= it->second.until)
    {
        return std::nullopt;
    }
    return deferral{{reason::cloud_unavailable, it->second.message}, it->second.until};
}

deferral contested_deferral(
    const observation& observation, slot in, const cloud::container_ref& ref, const std::string& action
)
{
    return {
        {reason::contested,
         "another client keeps " + action + ": " + ref.str() +
             ". Each repair doubles the wait for the next one, up to an hour. Stop the other client, or set "
             "the annotation " +
             std::string(requested_at_annotation) + " to retry now"},
        contested_until(observation.state->ownership_changes.at({in, ref}), *observation.settings)
    };
}

bool is_suspect(const bisection& bisection, const member& member)
{
    return std::ranges::any_of(bisection.suspects, [&](const addition& suspect) {
        return suspect.binding == member.object().uid;
    });
}

}  // namespace

std::optional<deferral> deferred_addition(
    const observation& observation, const listener_slots& slots, const member& member
)
{
    if (auto by_refusal = deferred_by_refusal(observation, member))
    {
        return by_refusal;
    }
    const slot wanted = member.object().wanted_slot();
    const cloud::container_ref& ref = *member.request.ref;
    if (!is_contested(observation, slots, wanted, ref, true))
    {
        return std::nullopt;
    }
    return contested_deferral(
        observation,
        wanted,
        ref,
        wanted == slot::sni ? "removing a certificate from the listener"
                            : "replacing the default certificate of the listener"
    );
}

std::optional<deferral> deferred_removal(
    const observation& observation, const listener_slots& slots, const member& member
)
{
    for (const attachment& entry : member.held().attachments)
    {
        if (entry.slot == slot::sni &&
            is_contested(observation, slots, slot::sni, entry.container_ref, false))
        {
            return contested_deferral(
                observation, slot::sni, entry.container_ref, "putting a certificate back on the listener"
            );
        }
    }
    return std::nullopt;
}

bool is_contested(
    const observation& observation,
    const listener_slots& slots,
    slot in,
    const cloud::container_ref& ref,
    bool wanted
)
{
    const auto& changes = observation.state->ownership_changes;
    const auto it = changes.find({in, ref});
    return it != changes.end() && it->second.added == wanted && holds(slots, ref, in) != wanted &&
           observation.now < contested_until(it->second, *observation.settings);
}

bool defer_half(const observation& observation, members& members)
{
    const auto& bisection = observation.state->refusals.bisection;
    if (!bisection)
    {
        return false;
    }
    std::vector<member*> suspects;
    for (member& member : members)
    {
        if (member.adds() && is_suspect(*bisection, member))
        {
            suspects.push_back(&member);
        }
    }
    if (suspects.size() < bisection->suspects.size())
    {
        return false;  // a suspect is not added any more, so the others are sent together again
    }
    // First the certificates whose payload has no fault that load balancers refuse, if only some have none.
    std::set<const member*> sent;
    std::ranges::copy_if(suspects, std::inserter(sent, sent.end()), [](const member* suspect) {
        return (*certificate_of(*suspect))->doubt.empty();
    });
    if (sent.empty() || sent.size() == suspects.size())
    {
        sent = {suspects.begin(), suspects.begin() + static_cast<std::ptrdiff_t>(suspects.size() / 2)};
    }
    for (member& member : members)
    {
        if (member.adds() && !sent.contains(&member))
        {
            member.deferral = deferral{
                {reason::progressing,
                 "Octavia refused several certificates at once and did not name one; the controller sends "
                 "half of them at a time to find the refused one"},
                std::nullopt
            };
            member.request.deferred = true;
        }
    }
    return true;
}

bool is_late_heir(const observation& observation, const support::uuid& binding)
{
    const auto& heirs = observation.state->peers.heirs_since;
    const auto it = heirs.find(binding);
    return it != heirs.end() && observation.now - it->second >= heir_within;
}

std::optional<support::duration> next_late_heir(const observation& observation)
{
    std::optional<support::duration> soonest;
    for (const auto& [binding, since] : observation.state->peers.heirs_since)
    {
        const support::duration left = since + heir_within - observation.now;
        if (left > support::duration{})
        {
            soonest = std::min(soonest.value_or(left), left);
        }
    }
    return soonest;
}

}  // namespace binding
