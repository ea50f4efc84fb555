#include "binding/single/decide.hpp"

#include "binding/single/decision.hpp"
#include "binding/single/report.hpp"
#include "binding/status/reported.hpp"

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
constexpr int unverified_periods = 3;
constexpr support::duration wait_of_refused = 1h;

bool is_same_entry(const attachment& a, const attachment& b)
{
    const auto named_a = parse_service_ref(a.container_ref);
    const auto named_b = parse_service_ref(b.container_ref);
    return a.slot == b.slot && named_a && named_b && named_a->certificate == named_b->certificate;
}

bool has_expired(const cloud::service_certificate& certificate, support::wall_time now)
{
    return certificate.state == certificate_state::expired ||
           (certificate.expires_at && *certificate.expires_at <= now);
}

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

action decide(const view& of)
{
    return decision(of).of_object();
}

action decision::of_object()
{
    return object_.deleting ? of_deletion() : carry_out(of_live());
}

// ---- helpers ----

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

// ---- a live binding ----

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

// The cloud shows the certificate, but not the binding that is wanted.
conclusion decision::of_absent(const certificate_facts& certificate, const attachment* entry) const
{
    if (entry != nullptr && entry->confirmed)
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
    if (auto obstacle = why_not_attach(certificate))
    {
        // What the cloud refused is taken back, so that the binding does not claim it (write-ahead).
        if (entry != nullptr && facts_.disproved && is_same_entry(*entry, *facts_.disproved))
        {
            std::erase(obstacle->wanted.attachments, *entry);
            obstacle->wanted.scope = obstacle->wanted.attachments.empty() ? ledger_scope{} : held_.scope;
        }
        return std::move(*obstacle);
    }
    return attach(certificate);
}

// Somebody removed what was attached. Two reads prove it, and it is attached again, ever more slowly
// (contested).
conclusion decision::of_lost(const certificate_facts& certificate) const
{
    const auto& id = object_.spec.certificate_id;
    const auto asked_at = certificate.last->asked_at;
    if (!facts_.absent_since || asked_at - *facts_.absent_since < of_.settings.replica_lag)
    {
        conclusion made = nothing();
        const auto proof = facts_.absent_since ? *facts_.absent_since + of_.settings.replica_lag : of_.now;
        made.then = read_at(proof, id, purpose::wait);
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
        ready.attached = condition_status::false_;
        return say(std::move(ready), rest{next});
    }
    if (auto obstacle = why_not_attach(certificate))
    {
        obstacle->ready->attached = condition_status::false_;
        return std::move(*obstacle);
    }
    return attach(certificate);
}

std::optional<conclusion> decision::why_not_attach(const certificate_facts& certificate) const
{
    const auto& id = object_.spec.certificate_id;
    const cloud::service_certificate& shown = **certificate.last->value;
    const auto asked_at = certificate.last->asked_at;
    if (shown.state != certificate_state::active)
    {
        const auto wait = waiting.without_jitter(std::max(1, certificate.polls));
        return say(
            of_inactive(object_, shown),
            read_at(asked_at + std::min(wait, of_.settings.resync_period), id, purpose::wait)
        );
    }
    const auto other = object_.wanted_slot() == slot::sni ? slot::default_ : slot::sni;
    const auto* in_other_slot = find_binding(shown, object_.spec.resource_id, object_.wanted_slot(), {});
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
        return say(
            status_for(object_, reason::conflict, of_.winner->full_name() + " has what this binding wants"),
            rest{of_.now + resync()}
        );
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

// The last read did not show the certificate.
conclusion decision::of_failed(const certificate_facts& certificate) const
{
    const auto& id = object_.spec.certificate_id;
    const cloud::error& error = certificate.last->value.error();
    const auto asked_at = certificate.last->asked_at;
    const bool is_missing = error.kind == failure::not_found;
    if (is_missing && !is_gone(certificate))
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

// ---- who gets what several want ----

const certificate_binding* winner_of(
    const certificate_binding& object,
    const std::vector<const certificate_binding*>& bindings,
    const std::function<const ledger&(const certificate_binding&)>& held,
    const std::function<const certificate_facts*(const support::uuid&)>& certificate
)
{
    const auto holds = [&](const certificate_binding& each) {
        return std::ranges::any_of(held(each).attachments, [&](const attachment& entry) {
            const auto named = parse_service_ref(entry.container_ref);
            const bool is_same = object.wanted_slot() == slot::default_ ||
                                 (named && named->certificate == object.spec.certificate_id);
            return named && entry.slot == object.wanted_slot() && is_same;
        });
    };
    const auto could_be_attached = [&](const certificate_binding& each) {
        const auto* facts = certificate(each.spec.certificate_id);
        return facts != nullptr && facts->last && facts->last->value &&
               (*facts->last->value)->state == certificate_state::active;
    };
    const bool holds_it = holds(object);
    const certificate_binding* best = nullptr;
    for (const certificate_binding* other : bindings)
    {
        const bool wants_the_same = !other->deleting && other->uid != object.uid &&
                                    other->wanted_slot() == object.wanted_slot() &&
                                    (other->wanted_slot() == slot::default_ ||
                                     other->spec.certificate_id == object.spec.certificate_id);
        if (!wants_the_same || (!holds(*other) && !could_be_attached(*other)))
        {
            continue;
        }
        const bool goes_first = holds(*other) != holds_it ? holds(*other) : older(*other, object);
        if (goes_first && (best == nullptr || older(*other, *best)))
        {
            best = other;
        }
    }
    return best;
}

}  // namespace binding::single
