#include "binding/single/decision.hpp"
#include "binding/single/report.hpp"
#include "binding/status/reported.hpp"

#include <algorithm>
#include <utility>

namespace binding::single {
namespace {

using cloud::certificate_state;
using cloud::failure;
using cloud::purpose;

constexpr int unverified_periods = 3;

bool has_expired(const cloud::service_certificate& certificate, support::wall_time now)
{
    return certificate.state == certificate_state::expired ||
           (certificate.expires_at && *certificate.expires_at <= now);
}

}  // namespace

conclusion decision::of_live() const
{
    if (is_of_another_cloud())
    {
        return of_another_cloud();
    }
    const auto& id = object_.spec.certificate_id;
    const auto* certificate = of_.certificate(id);
    if (counts(certificate))
    {
        return of_answer(*certificate);
    }
    conclusion made = nothing();
    if (facts_.waits_for_turn && !is_reported(object_))
    {
        made.ready = status_for(
            object_,
            reason::progressing,
            "waits for its turn, because the cloud admits only so many requests in a minute and in an hour"
        );
    }
    made.then = ask{id, facts_.in_doubt_until ? purpose::wait : why_read()};
    return made;
}

conclusion decision::of_answer(const certificate_facts& certificate) const
{
    const auto& answer = certificate.last->value;
    if (!answer)
    {
        return of_failed(certificate);
    }
    const auto* entry = find_entry(held_, object_.spec.certificate_id, object_.wanted_slot());
    const auto named = entry == nullptr ? std::nullopt : parse_service_ref(entry->container_ref);
    const auto* shown = find_binding(
        **answer, object_.spec.resource_id, object_.wanted_slot(), named ? named->binding : std::nullopt
    );
    return shown != nullptr && has_slot(*shown, object_.wanted_slot()) ? of_present(certificate, *shown)
                                                                       : of_absent(certificate, entry);
}

// The cloud shows the binding that is wanted.
conclusion decision::of_present(const certificate_facts& certificate, const cloud::service_binding& shown)
    const
{
    const auto& id = object_.spec.certificate_id;
    const auto* before = find_entry(held_, id, object_.wanted_slot());
    if (before == nullptr)
    {
        // One binding of the cloud has one owner, so that its removal is one object's to ask for.
        const auto* other = of_.winner != nullptr ? of_.winner : of_.owner(shown.id);
        if (other != nullptr)
        {
            return of_conflict(*other);
        }
    }
    conclusion made;
    if (shown.status == "active")
    {
        made = of_attached(certificate, shown);
    }
    else
    {
        const auto ready = of_shown(object_, shown);
        const auto& pace = ready.reason == reason::progressing ? polling : waiting;
        const auto wait = pace.without_jitter(std::max(1, facts_.polls));
        made = say(ready, read_at(certificate.last->asked_at + wait, id, purpose::wait));
        made.ready->attached = condition_status::false_;
        made.wanted = with({ref_of({id, shown.id}), object_.wanted_slot(), shown.status != "pending"});
    }
    made.shown = &shown;
    made.needs_finalizer = true;
    if (before == nullptr)
    {
        event adopted = event_about(
            object_,
            false,
            "Adopted",
            "the cloud had binding " + shown.id.str() +
                " already. Deleting this object removes it, unless spec.deletionPolicy is Retain"
        );
        adopted.key = shown.id.str();
        made.events.push_back(std::move(adopted));
    }
    return made;
}

// The binding is active. What it replaces goes now (gapless-rotation).
conclusion decision::of_attached(const certificate_facts& certificate, const cloud::service_binding& shown)
    const
{
    const auto& id = object_.spec.certificate_id;
    ledger wanted = with({ref_of({id, shown.id}), object_.wanted_slot(), true});
    if (const auto* old = other_entry())
    {
        // The entries that go are unconfirmed from now on (write-ahead).
        for (attachment& entry : wanted.attachments)
        {
            entry.confirmed = &entry == &wanted.attachments.back();
        }
        const bool is_written = wanted == held_;
        conclusion made = is_written ? detach(*old) : nothing();
        made.wanted = is_written ? made.wanted : wanted;
        if (!made.ready)
        {
            made.ready = status_for(
                object_,
                reason::progressing,
                "certificate " + id.str() + " is attached; the binding that it replaces is being removed"
            );
        }
        made.ready->attached = condition_status::true_;
        return made;
    }
    // A certificate that is being issued again is still the one that is attached, so only what has ended
    // counts.
    const auto& state = **certificate.last->value;
    const bool expired = has_expired(state, of_.wall);
    const bool ended =
        expired || state.state == certificate_state::error || state.state == certificate_state::revoked;
    auto ready = ready_status{.reason = reason::attached};
    if (ended)
    {
        auto as_expired = state;
        as_expired.state = expired ? certificate_state::expired : state.state;
        ready = of_inactive(object_, as_expired);
    }
    ready.attached = condition_status::true_;
    conclusion made =
        say(std::move(ready), read_at(certificate.last->asked_at + resync(), id, purpose::verify));
    made.wanted = std::move(wanted);
    return made;
}

// The last read did not show the certificate.
conclusion decision::of_failed(const certificate_facts& certificate) const
{
    const auto& id = object_.spec.certificate_id;
    const cloud::error& error = certificate.last->value.error();
    const auto asked_at = certificate.last->asked_at;
    const bool is_missing = error.kind == failure::not_found;
    if (const auto* entry = find_entry(held_, id, object_.wanted_slot());
        is_missing && (entry == nullptr || !was_shown(*entry) || is_gone(certificate)))
    {
        // The cloud may be the bindings API of a controller, which shows only certificates that are bound. So
        // only the answer to a POST tells whether the certificate itself is missing.
        return of_absent(certificate, entry);
    }
    if (is_missing)
    {
        conclusion made = nothing();
        made.then = read_at(*certificate.missing_since + of_.settings.proof, id, purpose::wait);
        return made;
    }
    const auto wait = std::max<support::duration>(
        std::min<support::duration>(waiting.without_jitter(certificate.failures), of_.settings.resync_period),
        error.retry_after.value_or(support::duration{})
    );
    const auto next = read_at(asked_at + wait, id, is_ready(object_) ? purpose::verify : purpose::wait);
    auto ready = of_failed_read(object_, error, is_new());
    ready.attached = was_attached(object_) ? condition_status::true_ : condition_status::unknown;
    if (ready.reason == reason::cloud_unavailable && was_verified(object_))
    {
        const auto since = certificate.shown ? certificate.shown->asked_at : facts_.generation_since;
        if (of_.now - since < of_.settings.resync_period * unverified_periods)
        {
            conclusion made = nothing();
            made.then = next;
            return made;
        }
    }
    return say(std::move(ready), next);
}

}  // namespace binding::single
