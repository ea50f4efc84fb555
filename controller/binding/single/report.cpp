#include "binding/single/report.hpp"

#include "support/text.hpp"

#include <algorithm>
#include <utility>

namespace binding::single {
namespace {

using cloud::certificate_state;
using cloud::failure;

ready_status ready_for(const certificate_binding& object, reason why, std::string message)
{
    return status_for(object, why, std::move(message));
}

// What the certificate is, as status.certificate and the condition CertificateActive show it.
binding_state state_of_certificate(const view& of)
{
    binding_state known;
    known.certificate_id = of.object.spec.certificate_id;
    const auto* facts = of.certificate(known.certificate_id);
    if (facts == nullptr || !facts->last)
    {
        return known;
    }
    // Trouble of a moment does not undo what was shown.
    const bool is_certain = facts->last->value || facts->last->value.error().kind == failure::not_found ||
                            facts->last->value.error().kind == failure::access_denied;
    const auto& reading = is_certain || !facts->shown ? *facts->last : *facts->shown;
    if (!reading.value)
    {
        auto error = reading.value.error();
        error.message = stable(error.message);
        known.certificate = {reading.asked_at, std::unexpected(std::move(error))};
        return known;
    }
    const cloud::service_certificate& shown = **reading.value;
    cloud::certificate certificate;
    certificate.status = shown.status;
    certificate.usable = shown.state == certificate_state::active;
    certificate.expires_at = shown.expires_at;
    if (!certificate.usable)
    {
        certificate.missing = of_inactive(of.object, shown).message;
    }
    known.certificate = {reading.asked_at, std::move(certificate)};
    return known;
}

// The state of the resource for a status of the API; empty: there is none of that name.
std::optional<state> state_named(const std::string& status)
{
    const auto named = parse_state(status);
    return named && *named != state::unset ? named : std::nullopt;
}

}  // namespace

std::string stable(const std::string& message)
{
    return message.substr(0, message.find(", request "));
}

status render_single(
    const view& of, const ready_status& ready, const ledger& written, const cloud::service_binding* shown
)
{
    certificate_binding object = of.object;
    // The generation of the object counts, never a higher one that a restored status brings.
    object.status.identified = false;
    status rendered = render(object, ready, written, state_of_certificate(of), of.wall);
    rendered.updated_at = of.object.status.updated_at;
    if (shown != nullptr && !ready.keep_status)
    {
        rendered.given = given_name(
            {shown->id,
             shown->crn.empty()
                 ? "crn:" + of.object.spec.region.str() + ":certificate:binding:" + shown->id.str()
                 : shown->crn,
             shown->created_at.value_or(of.object.created)}
        );
        rendered.updated_at = shown->updated_at.value_or(rendered.updated_at);
    }
    const bool names_binding = std::ranges::any_of(written.attachments, [&](const attachment& entry) {
        const auto named = parse_service_ref(entry.container_ref);
        return named && !rendered.given.empty() && named->binding == rendered.given->id;
    });
    if (!names_binding)
    {
        rendered.given = {};
    }
    const bool says_more = shown == nullptr || !shown->updated_at;
    if (says_more && !says_the_same(rendered, of.object.status))
    {
        rendered.updated_at = of.wall;
    }
    return rendered;
}

ready_status of_inactive(const certificate_binding& object, const cloud::service_certificate& certificate)
{
    const std::string name = "certificate " + certificate.id.str();
    const std::string why = certificate.error_message.empty() ? "" : ": " + certificate.error_message;
    const auto waits = [&](const std::string& message) {
        auto ready = ready_for(object, reason::certificate_not_active, message);
        ready.within_grace_period = true;
        return ready;
    };
    switch (certificate.state)
    {
        case certificate_state::pending_dns: {
            const std::string records = support::joined(certificate.dns_records);
            return waits(
                name + " waits for DNS (pending_dns)" +
                (records.empty() ? "; create the CNAME records that the cloud shows for it"
                                 : "; create these records: " + records) +
                why
            );
        }
        case certificate_state::pending_issuance:
            return waits(name + " is being issued (pending_issuance)" + why);
        case certificate_state::expired:
            return ready_for(
                object, reason::certificate_expired, name + " has expired; renew it or name another" + why
            );
        case certificate_state::error:
            return ready_for(
                object, reason::certificate_not_active, name + " has failed (error); name another" + why
            );
        case certificate_state::revoked:
            return ready_for(
                object, reason::certificate_not_active, name + " is revoked; name another" + why
            );
        case certificate_state::active:
        case certificate_state::unknown:
            break;
    }
    return waits(name + " has the status \"" + certificate.status + "\", which is not active" + why);
}

ready_status of_failed_read(const certificate_binding& object, const cloud::error& error, bool is_new)
{
    const auto why = error.kind == failure::not_found             ? reason::certificate_not_found
                     : error.kind == failure::access_denied       ? reason::certificate_access_denied
                     : error.kind == failure::credentials_invalid ? reason::credentials_invalid
                                                                  : reason::cloud_unavailable;
    auto ready = ready_for(object, why, stable(error.message));
    ready.within_grace_period = is_new && why == reason::certificate_not_found;
    return ready;
}

ready_status of_refused_create(const certificate_binding& object, const refusal& refused, bool is_new)
{
    const std::string words = stable(refused.message);
    const auto say = [&](reason why, const std::string& message, bool may_pass) {
        auto ready = ready_for(object, why, message);
        ready.within_grace_period = may_pass && is_new;
        return ready;
    };
    switch (refused.kind)
    {
        case failure::busy:
            return is_new ? say(reason::load_balancer_busy, words, false)
                          : say(reason::conflict,
                                words +
                                    "; the certificate is active and the cloud shows no binding of it to "
                                    "this listener, so something else holds the place",
                                false);
        case failure::not_found:
            return say(
                reason::listener_not_found,
                "the cloud knows the certificate, but not listener " + object.spec.resource_id.str() + ": " +
                    words,
                true
            );
        case failure::access_denied:
            return say(reason::listener_access_denied, words, false);
        case failure::credentials_invalid:
            return say(reason::credentials_invalid, words, false);
        case failure::refused:
            return say(reason::certificate_refused, words, false);
        default:
            break;
    }
    return say(reason::cloud_unavailable, words, false);
}

ready_status of_shown(const certificate_binding& object, const cloud::service_binding& shown)
{
    const auto named = state_named(shown.status);
    if (named == state::error)
    {
        return ready_for(
            object,
            reason::certificate_refused,
            shown.error_message.empty() ? "the cloud could not attach the certificate and does not say why"
                                        : shown.error_message
        );
    }
    std::string message = shown.error_message;
    if (message.empty())
    {
        message = named == state::deleting ? "the cloud is removing the binding"
                  : named                  ? "the cloud is attaching the certificate"
                          : "the binding has the status \"" + shown.status + "\", which is not active";
    }
    return ready_for(object, reason::progressing, message);
}

ready_status of_failed_removal(const certificate_binding& object, const removal& removing)
{
    const refusal& refused = *removing.refused;
    const std::string words = stable(refused.message);
    const bool lacks_route = refused.kind == failure::no_route;
    switch (refused.kind)
    {
        case failure::not_supported:
        case failure::not_found:
        case failure::no_route:
            return ready_for(
                object,
                reason::detach_not_supported,
                (lacks_route
                     ? "the cloud shows the certificate, but knows no path that removes a binding: " + words
                     : "the cloud has no call that removes a binding (" + words + ")") +
                    "; remove binding " + removing.binding.str() +
                    " in the cloud, or set spec.deletionPolicy to Retain, or set the annotation "
                    "certificates.bycloud.io/abandon to \"true\""
            );
        case failure::access_denied:
            return ready_for(object, reason::certificate_access_denied, words);
        case failure::credentials_invalid:
            return ready_for(object, reason::credentials_invalid, words);
        case failure::busy:
            return ready_for(object, reason::load_balancer_busy, words);
        default:
            break;
    }
    return ready_for(object, reason::cloud_unavailable, words);
}

}  // namespace binding::single
