#include "binding/policies/eligibility.hpp"

#include "binding/observed/listener_view.hpp"
#include "binding/policies/certificates.hpp"
#include "binding/policies/failures.hpp"
#include "binding/policies/overdue.hpp"
#include "binding/status/reported.hpp"
#include "support/rfc3339.hpp"

#include <algorithm>
#include <utility>

namespace binding {
namespace {

constexpr std::size_t longest_default_ref = 255;  // Octavia's column default_tls_container_id
constexpr std::size_t longest_sni_ref = 128;      // Octavia's table sni
// The limit of the schema. No change begins that would need the last entry.
constexpr std::size_t ledger_limit = 16;

using objection = std::optional<ready_status>;

std::string name_of_certificate(const member& member)
{
    return "certificate " + member.object().spec.certificate_id.str();
}

objection not_read_yet(const observation&, const member& member)
{
    if (certificate_of(member) != nullptr)
    {
        return std::nullopt;
    }
    return ready_status{reason::progressing, name_of_certificate(member) + " was not read yet"};
}

ready_status expired(const member& member, support::wall_time since)
{
    return {
        reason::certificate_expired,
        name_of_certificate(member) + " expired on " + support::format_rfc3339(since) +
            "; set spec.certificateId to a renewed one"
    };
}

// The certificate was not found, may not be read, or there was no answer. Without an answer a certificate
// whose known end has passed is expired.
objection not_answered(const observation& observation, const member& member)
{
    const auto& answer = *certificate_of(member);
    if (answer)
    {
        return std::nullopt;
    }
    const certificate_summary& known = member.object().status.certificate;
    if (known.id == member.object().spec.certificate_id && known.expires_at &&
        *known.expires_at <= observation.wall && is_unanswered(member))
    {
        return expired(member, *known.expires_at);
    }
    ready_status status{
        certificate_reason(answer.error().kind),
        certificate_message(answer.error(), member.object(), known_scope(observation))
    };
    status.within_grace_period = grace_left(observation, member, status.reason).has_value();
    return status;
}

objection has_expired(const observation& observation, const member& member)
{
    const cloud::certificate& certificate = **certificate_of(member);
    if (!certificate.expires_at || *certificate.expires_at > observation.wall)
    {
        return std::nullopt;
    }
    return expired(member, *certificate.expires_at);
}

objection not_active(const observation& observation, const member& member)
{
    const cloud::certificate& certificate = **certificate_of(member);
    if (certificate.usable)
    {
        return std::nullopt;
    }
    ready_status status{
        reason::certificate_not_active,
        name_of_certificate(member) +
            (certificate.hopeless ? " cannot become active: " : " is not active yet: ") + certificate.missing
    };
    status.within_grace_period =
        !certificate.hopeless && grace_left(observation, member, status.reason).has_value();
    return status;
}

objection longer_than_octavia_keeps(const observation&, const member& member)
{
    const cloud::container_ref& ref = (*certificate_of(member))->container_ref;
    const std::size_t limit = member.object().spec.sni ? longest_sni_ref : longest_default_ref;
    if (ref.str().size() <= limit)
    {
        return std::nullopt;
    }
    return ready_status{
        reason::certificate_refused,
        "container ref " + ref.str() + " has " + std::to_string(ref.str().size()) +
            " characters, but Octavia keeps only " + std::to_string(limit) +
            "; use a certificate whose ref is shorter"
    };
}

objection in_quarantine(const observation& observation, const member& member)
{
    if (!is_quarantined(observation, member))
    {
        return std::nullopt;
    }
    const quarantine& quarantine = *member.state->quarantine;
    ready_status status{reason::certificate_refused, quarantine.message};
    if (quarantine.message.empty())
    {
        // The quarantine is of an earlier process: its words stand in the status, as long as nothing else
        // does.
        status.message =
            "Octavia refused " + name_of_certificate(member) +
            " before the controller was restarted; repair the certificate, or set the annotation " +
            std::string(requested_at_annotation) + " to retry now";
        status.keep_message = is_reported_as(member.object(), reason::certificate_refused);
    }
    return status;
}

objection ledger_full(const observation&, const member& member)
{
    const certificate_binding& object = member.object();
    const auto& entries = member.held().attachments;
    const bool has_entry = std::ranges::any_of(entries, [&](const attachment& entry) {
        return entry.slot == object.wanted_slot() && entry.container_ref.names(object.spec.certificate_id);
    });
    if (has_entry || entries.size() + 1 < ledger_limit)
    {
        return std::nullopt;
    }
    return ready_status{
        reason::ledger_full,
        "status.attachments holds " + std::to_string(entries.size()) +
            " entries of changes that are not finished, so no further change begins; find out why the load "
            "balancer cannot be changed"
    };
}

// The first policy with an objection decides, so each policy relies on the policies before it.
constexpr objection (*policies[])(const observation&, const member&) = {
    not_read_yet,
    not_answered,
    has_expired,
    not_active,
    longer_than_octavia_keeps,
    in_quarantine,
    ledger_full,
};

// Another binding wants the same slot, or the same certificate in the same slot, and could have it instead.
bool is_in_conflict(const observation& observation, const certificate_binding& object)
{
    const auto wants_the_same = [&](const certificate_binding& other) {
        return other.uid != object.uid && !other.deleting && other.wanted_slot() == object.wanted_slot() &&
               (!object.spec.sni || other.spec.certificate_id == object.spec.certificate_id);
    };
    const auto own_wants = [&](const certificate_binding* other) { return wants_the_same(*other); };
    const auto peer_wants = [&](const peer& peer) {
        return peer.reads_listener && !peer.may_not_write && wants_the_same(*peer.object);
    };
    return std::ranges::any_of(observation.bindings, own_wants) ||
           std::ranges::any_of(observation.peers, peer_wants);
}

}  // namespace

std::optional<ready_status> why_not_attachable(const observation& observation, const member& member)
{
    for (const auto policy : policies)
    {
        if (auto objection = policy(observation, member))
        {
            return objection;
        }
    }
    return std::nullopt;
}

bool is_quarantined(const observation& observation, const member& member)
{
    const auto& quarantine = member.state->quarantine;
    return quarantine && quarantine->certificate_id == member.object().spec.certificate_id &&
           quarantine->refused_slot == member.object().wanted_slot() &&
           (observation.now < quarantine->until || is_in_conflict(observation, member.object()));
}

ready_status unavailable(const observation& observation, const member& member, std::string message)
{
    const certificate_binding& object = member.object();
    const auto verified = member.state->verified_at.value_or(member.state->generation_since);
    const bool stays_ready =
        is_ready(object) && observation.now - verified < 3 * observation.settings->resync_period;
    // After a start only the status tells of a quarantine, so the reason stays.
    const bool stays_refused =
        is_reported_as(object, reason::certificate_refused) && is_quarantined(observation, member);
    ready_status status = status_for(object, reason::cloud_unavailable, std::move(message));
    status.keep_status = stays_ready || stays_refused;
    status.attached = was_attached(object) ? condition_status::true_ : condition_status::unknown;
    return status;
}

}  // namespace binding
