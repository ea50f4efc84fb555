#include "binding/policies/certificates.hpp"

#include "binding/policies/failures.hpp"
#include "support/backoff.hpp"

#include <algorithm>

namespace binding {
namespace {

using namespace std::chrono_literals;

// Octavia named the ref in a refusal, or the ref was found dead, after the certificate was read.
bool is_outdated(const observation& observation, const member& member)
{
    const auto& answer = *certificate_of(member);
    if (!answer)
    {
        return false;
    }
    const auto read_at = member.state->certificate->asked_at;
    const auto& refused = observation.state->refusals.refused_refs;
    if (const auto it = refused.find(answer->container_ref); it != refused.end() && it->second.at > read_at)
    {
        return true;
    }
    const auto& refs = observation.state->answers.refs;
    const auto it = refs.find(answer->container_ref);
    return it != refs.end() && it->second.state == cloud::ref_state::dead && it->second.asked_at > read_at;
}

bool is_due(const observation& observation, const member& member)
{
    if (certificate_of(member) == nullptr || is_outdated(observation, member))
    {
        return true;
    }
    return member.state->certificate->asked_at < observation.pass_started &&
           (is_unanswered(member) || observation.now >= next_read_at(observation, member));
}

}  // namespace

const cloud::answer<cloud::certificate>* certificate_of(const member& member)
{
    const bool same = member.state->certificate_id == member.object().spec.certificate_id;
    return same && member.state->certificate ? &member.state->certificate->value : nullptr;
}

const cloud::certificate* usable_certificate_of(const member& member)
{
    const auto* answer = certificate_of(member);
    return answer != nullptr && *answer && (*answer)->usable ? &**answer : nullptr;
}

bool is_unanswered(const member& member)
{
    const auto* answer = certificate_of(member);
    return answer != nullptr && !*answer &&
           certificate_reason(answer->error().kind) == reason::cloud_unavailable;
}

std::optional<cloud::container_ref> wanted_ref(const member& member, const listener_slots& slots)
{
    const certificate_binding& object = member.object();
    if (const auto* answer = certificate_of(member); answer != nullptr && *answer)
    {
        return (*answer)->container_ref;
    }
    for (const attachment& entry : member.held().attachments)
    {
        if (entry.slot == object.wanted_slot() && entry.container_ref.names(object.spec.certificate_id))
        {
            return entry.container_ref;
        }
    }
    return present_ref(object, slots);
}

std::optional<cloud::container_ref> present_ref(
    const certificate_binding& object, const listener_slots& slots
)
{
    const auto names_certificate = [&](const cloud::container_ref& ref) {
        return ref.names(object.spec.certificate_id);
    };
    if (object.wanted_slot() == slot::default_)
    {
        return slots.default_ref && names_certificate(*slots.default_ref) ? slots.default_ref : std::nullopt;
    }
    const auto it = std::ranges::find_if(slots.sni_refs, names_certificate);
    return it == slots.sni_refs.end() ? std::nullopt : std::optional(*it);
}

support::time_point next_read_at(const observation& observation, const member& member)
{
    const auto read_at = member.state->certificate->asked_at;
    const support::duration resync = observation.settings->resync_period;
    if (usable_certificate_of(member) != nullptr)
    {
        return read_at + resync * 7 / 10;
    }
    const auto* answer = certificate_of(member);
    const bool no_endpoint =
        answer != nullptr && !*answer && answer->error().kind == cloud::failure::no_endpoint;
    // The catalog is asked for again each minute.
    const support::backoff wait{15s, no_endpoint ? 1min : 5min};
    return read_at + std::min(wait.without_jitter(member.state->certificate_polls), resync);
}

std::vector<support::uuid> certificates_due(const observation& observation, const members& own)
{
    std::vector<support::uuid> due;
    for (const member& member : own)
    {
        if (!member.deleting() && is_due(observation, member))
        {
            due.push_back(member.object().uid);
        }
    }
    return due;
}

}  // namespace binding
