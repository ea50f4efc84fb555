#include "binding/single/decide.hpp"

#include "binding/single/decision.hpp"
#include "binding/single/report.hpp"
#include "binding/status/reported.hpp"

#include <algorithm>
#include <utility>

namespace binding::single {

using cloud::certificate_state;
using cloud::purpose;

action decide(const view& of)
{
    return decision(of).of_object();
}

action decision::of_object()
{
    return object_.deleting ? of_deletion() : carry_out(of_live());
}

bool is_same_entry(const attachment& a, const attachment& b)
{
    const auto named_a = parse_service_ref(a.container_ref);
    const auto named_b = parse_service_ref(b.container_ref);
    return a.slot == b.slot && named_a && named_b && named_a->certificate == named_b->certificate;
}

conclusion decision::nothing() const
{
    return {.wanted = held_};
}

conclusion decision::say(ready_status ready, action then) const
{
    conclusion made = nothing();
    made.ready = std::move(ready);
    made.then = std::move(then);
    return made;
}

// The ledger with this entry in the place of the one for the same certificate and slot.
ledger decision::with(const attachment& entry) const
{
    ledger changed = held_;
    changed.scope = of_.here;
    std::erase_if(changed.attachments, [&](const attachment& each) { return is_same_entry(each, entry); });
    changed.attachments.push_back(entry);
    return changed;
}

ledger decision::without(const attachment& entry) const
{
    ledger changed = held_;
    std::erase(changed.attachments, entry);
    if (changed.attachments.empty())
    {
        changed.scope = {};
    }
    return changed;
}

ledger decision::without_disproved(ledger changed) const
{
    std::erase_if(changed.attachments, [&](const attachment& each) {
        const bool is_disproved_by_reads =
            each == facts_.refused_as_busy && !is_among(each, facts_.posted) && is_absent();
        return each == facts_.disproved || is_disproved_by_reads;
    });
    changed.scope = changed.attachments.empty() ? ledger_scope{} : changed.scope;
    return changed;
}

const attachment* decision::other_entry() const
{
    const attachment wanted{ref_of({object_.spec.certificate_id}), object_.wanted_slot(), false};
    const auto it = std::ranges::find_if(held_.attachments, [&](const attachment& entry) {
        return !is_same_entry(entry, wanted);
    });
    return it == held_.attachments.end() ? nullptr : &*it;
}

bool decision::counts(const certificate_facts* certificate) const
{
    return certificate != nullptr && certificate->last && certificate->last->asked_at >= facts_.read_after;
}

bool decision::is_gone(const certificate_facts& certificate) const
{
    return certificate.missing_since &&
           certificate.last->asked_at - *certificate.missing_since >= of_.settings.proof;
}

bool decision::is_absent() const
{
    const auto* certificate = of_.certificate(object_.spec.certificate_id);
    return facts_.absent_since && counts(certificate) &&
           certificate->last->asked_at - *facts_.absent_since >= of_.settings.replica_lag;
}

action decision::read_for_proof() const
{
    const auto proof = facts_.absent_since ? *facts_.absent_since + of_.settings.replica_lag : of_.now;
    return read_at(proof, object_.spec.certificate_id, purpose::wait);
}

bool decision::is_of_another_cloud() const
{
    return !held_.attachments.empty() &&
           (held_.scope.identity != of_.here.identity || held_.scope.region != of_.here.region);
}

conclusion decision::of_another_cloud() const
{
    return say(
        status_for(
            object_,
            reason::cloud_changed,
            "status.attachments was written for " + held_.scope.identity.str() + ", region " +
                held_.scope.region.str() + ", and the credential is for " + of_.here.identity.str() +
                "; use the old credential, or set the annotation certificates.bycloud.io/abandon to \"true\" "
                "and delete the binding"
        ),
        rest{of_.now + resync()}
    );
}

// The period is drawn by the binding, so that those of a start do not stay together.
support::duration decision::resync() const
{
    constexpr std::size_t parts = 1024;
    const auto period = of_.settings.resync_period;
    const auto part = static_cast<support::duration::rep>(object_.uid.hash() % parts);
    return period * 4 / 5 + period * 2 / 5 * part / static_cast<support::duration::rep>(parts);
}

purpose decision::why_read() const
{
    if (is_ready(object_))
    {
        return purpose::verify;
    }
    const auto& id = object_.spec.certificate_id;
    const auto* certificate = of_.certificate(id);
    const bool is_under_way = find_entry(held_, id, object_.wanted_slot()) != nullptr;
    const bool is_inactive =
        certificate != nullptr && certificate->last &&
        (!certificate->last->value || (*certificate->last->value)->state != certificate_state::active);
    return is_under_way || is_inactive ? purpose::wait : purpose::attach;
}

action decision::read_at(support::time_point when, const support::uuid& certificate, purpose what_for) const
{
    return when <= of_.now ? action(ask{certificate, what_for}) : action(rest{when});
}

// Finalizer first, then status, then what was concluded.
action decision::carry_out(conclusion made) const
{
    if (made.needs_finalizer && !object_.has_finalizer())
    {
        return write{object_.uid, write_kind::add_finalizer};
    }
    if (!made.ready && made.wanted == object_.status.ledger)
    {
        return std::move(made.then);
    }
    if (!made.ready)
    {
        made.ready = ready_status{};
        made.ready->keep_status = true;
    }
    status rendered = render_single(of_, *made.ready, made.wanted, made.shown);
    if (says_the_same(rendered, object_.status))
    {
        return std::move(made.then);
    }
    return write{object_.uid, write_kind::status, std::move(rendered), std::move(made.events)};
}

}  // namespace binding::single
