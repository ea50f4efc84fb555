#include "binding/single/decision.hpp"
#include "binding/single/report.hpp"

#include <algorithm>
#include <utility>

namespace binding::single {
namespace {

using namespace std::chrono_literals;
using cloud::certificate_state;
using cloud::failure;
using cloud::purpose;

constexpr std::size_t longest_ledger = 15;  // at 15 of 16 no further rotation is begun
constexpr support::backoff repairing{1min, 1h, 0};
constexpr int repairs_that_contest = 2;
constexpr support::duration wait_of_refused = 1h;

// How long a POST that was refused is not sent again.
support::duration wait_after(const binding_facts& facts)
{
    switch (facts.refused->kind)
    {
        case failure::refused:
            return wait_of_refused;
        case failure::busy:
        case failure::transient:
        case failure::too_late:
            return polling.without_jitter(facts.refusals);
        default:
            return waiting.without_jitter(facts.refusals);
    }
}

}  // namespace

// The cloud does not show the binding that is wanted, or not even its certificate.
conclusion decision::of_absent(const certificate_facts& certificate, const attachment* entry) const
{
    if (entry != nullptr && was_shown(*entry))
    {
        return of_lost(certificate);
    }
    const auto asked_at = certificate.last->asked_at;
    if (entry != nullptr && facts_.in_doubt_until && asked_at < *facts_.in_doubt_until)
    {
        const auto next = asked_at + polling.without_jitter(std::max(1, facts_.polls));
        return say(
            status_for(object_, reason::progressing, "the cloud was asked to attach the certificate"),
            read_at(std::min(next, *facts_.in_doubt_until), object_.spec.certificate_id, purpose::wait)
        );
    }
    if (entry != nullptr && *entry == facts_.refused_as_busy && !is_absent())
    {
        // The 409 may come of an earlier POST that had effect.
        conclusion made = why_not_attach(certificate).value_or(nothing());
        made.then = read_for_proof();
        return made;
    }
    if (auto obstacle = why_not_attach(certificate))
    {
        obstacle->wanted = without_disproved(std::move(obstacle->wanted));
        return std::move(*obstacle);
    }
    return attach(certificate);
}

// What the cloud has shown is not there any more. Two reads prove it, and it is attached again, ever more
// slowly (contested).
conclusion decision::of_lost(const certificate_facts& certificate) const
{
    const auto& id = object_.spec.certificate_id;
    if (!is_absent())
    {
        conclusion made = nothing();
        made.then = read_for_proof();
        return made;
    }
    const auto next = facts_.repaired_at + repairing.without_jitter(std::max(1, facts_.repairs));
    if (facts_.repairs > 0 && of_.now < next)
    {
        const auto why = facts_.repairs >= repairs_that_contest ? reason::contested : reason::progressing;
        auto ready = status_for(
            object_,
            why,
            "somebody else removes the binding of certificate " + id.str() +
                " in the cloud; the controller makes it again, ever more slowly"
        );
        ready.attached = other_entry() == nullptr ? condition_status::false_ : condition_status::true_;
        return say(std::move(ready), rest{next});
    }
    if (auto obstacle = why_not_attach(certificate))
    {
        obstacle->ready->attached =
            other_entry() == nullptr ? condition_status::false_ : condition_status::true_;
        return std::move(*obstacle);
    }
    return attach(certificate);
}

std::optional<conclusion> decision::why_not_attach(const certificate_facts& certificate) const
{
    const auto& id = object_.spec.certificate_id;
    const cloud::service_certificate* shown =
        certificate.last->value ? certificate.last->value->get() : nullptr;
    const auto asked_at = certificate.last->asked_at;
    if (shown != nullptr && shown->state != certificate_state::active)
    {
        const auto wait = waiting.without_jitter(std::max(1, certificate.polls));
        return say(
            of_inactive(object_, *shown),
            read_at(asked_at + std::min(wait, of_.settings.resync_period), id, purpose::wait)
        );
    }
    const auto other = object_.wanted_slot() == slot::sni ? slot::default_ : slot::sni;
    const auto* in_other_slot =
        shown == nullptr ? nullptr
                         : find_binding(*shown, object_.spec.resource_id, object_.wanted_slot(), {});
    if (in_other_slot != nullptr && find_entry(held_, id, other) == nullptr)
    {
        return say(
            status_for(
                object_,
                reason::conflict,
                "binding " + in_other_slot->id.str() +
                    " of somebody else binds the certificate to the listener "
                    "with sni: " +
                    (other == slot::sni ? "true" : "false")
            ),
            read_at(asked_at + waiting.cap, id, purpose::wait)
        );
    }
    if (of_.winner != nullptr)
    {
        return of_conflict(*of_.winner);
    }
    if (auto refused = why_refused())
    {
        return refused;
    }
    if (held_.attachments.size() >= longest_ledger)
    {
        return say(
            status_for(
                object_,
                reason::ledger_full,
                "status.attachments has no room for another certificate; the ones before have to be removed "
                "first"
            ),
            rest{of_.now + resync()}
        );
    }
    return std::nullopt;
}

conclusion decision::of_conflict(const certificate_binding& other) const
{
    return say(
        status_for(object_, reason::conflict, other.full_name() + " has what this binding wants"),
        rest{of_.now + resync()}
    );
}

// The cloud refused to bind, not long ago.
std::optional<conclusion> decision::why_refused() const
{
    if (!facts_.refused)
    {
        return std::nullopt;
    }
    const auto& id = object_.spec.certificate_id;
    const auto* other =
        find_entry(held_, id, object_.wanted_slot() == slot::sni ? slot::default_ : slot::sni);
    if (facts_.refused->kind == failure::busy && other != nullptr)
    {
        // options.sni has changed, and the cloud does not keep both, so the old binding goes first.
        conclusion made = detach(*other);
        if (!made.ready)
        {
            made.ready = status_for(
                object_,
                reason::progressing,
                "the binding with the other value of options.sni is being removed"
            );
        }
        return made;
    }
    const auto again = facts_.refused->at + wait_after(facts_);
    if (again <= of_.now)
    {
        return std::nullopt;
    }
    if (const auto* certificate = of_.certificate(id);
        facts_.refused->kind == failure::not_found && !certificate->last->value)
    {
        cloud::error missing = certificate->last->value.error();
        missing.message = facts_.refused->message;
        return say(of_failed_read(object_, missing, is_new()), rest{again});
    }
    return say(of_refused_create(object_, *facts_.refused, is_new()), rest{again});
}

conclusion decision::attach(const certificate_facts& certificate) const
{
    const auto& id = object_.spec.certificate_id;
    // The cloud itself refuses a certificate that is not active any more, so an older read is good enough.
    if (certificate.last->asked_at + of_.settings.resync_period < of_.now)
    {
        conclusion made = nothing();
        made.then = ask{id, purpose::attach};
        return made;
    }
    const attachment entry{ref_of({id}), object_.wanted_slot(), false};
    const auto* old = other_entry();
    auto ready = status_for(
        object_,
        reason::progressing,
        old == nullptr ? "the cloud is asked to attach the certificate"
                       : "the cloud is asked to attach certificate " + id.str() + "; until then " +
                             old->container_ref.str() + " stays attached"
    );
    ready.attached = old == nullptr ? condition_status::false_ : condition_status::true_;
    conclusion made = say(std::move(ready), create{entry});
    made.wanted = with(entry);
    made.needs_finalizer = true;
    return made;
}

}  // namespace binding::single
