#include "binding/single/decision.hpp"
#include "binding/single/report.hpp"

#include <algorithm>
#include <utility>

namespace binding::single {
namespace {

using namespace std::chrono_literals;
using cloud::failure;
using cloud::purpose;

constexpr support::duration retry_of_not_supported = 1h;
// Of a removal that is answered as if the cloud did not know its path.
constexpr support::backoff finding_route{2s, retry_of_not_supported, 0};
// One such answer may be a proxy's, in a moment in which the cloud was away, or the read after it may be old.
constexpr int answers_that_prove = 2;

bool is_not_supported(const removal& removing)
{
    // A 404 for a binding that is there means that the call does not exist.
    const auto kind = removing.refused->kind;
    return kind == failure::not_supported || kind == failure::not_found || kind == failure::no_route;
}

// How long it is not sent again.
support::duration wait_after(const removal& removing)
{
    const auto kind = removing.refused->kind;
    const bool is_soon = kind == failure::no_route ||
                         (kind == failure::not_found && removing.answers_404 < answers_that_prove);
    return is_soon ? finding_route.without_jitter(removing.answers_404) : retry_of_not_supported;
}

event retained(const certificate_binding& object, const ledger& held)
{
    std::string names;
    for (const attachment& entry : held.attachments)
    {
        names += (names.empty() ? "" : ", ") + entry.container_ref.str();
    }
    event said = event_about(
        object, false, "Retained", "these bindings stay in the cloud, as the binding asks: " + names
    );
    said.key = names;
    return said;
}

}  // namespace

action decision::of_deletion() const
{
    if (!object_.has_finalizer())
    {
        return rest{of_.now + resync()};
    }
    write release{object_.uid, write_kind::remove_finalizer};
    if (object_.spec.retain || object_.abandoned)
    {
        if (!held_.attachments.empty())
        {
            release.events.push_back(retained(object_, held_));
        }
        return release;
    }
    if (held_.attachments.empty())
    {
        return held_ == object_.status.ledger ? action(release) : carry_out(nothing());
    }
    if (is_of_another_cloud())
    {
        return carry_out(of_another_cloud());
    }
    conclusion made = detach(held_.attachments.front());
    if (!made.ready)
    {
        made.ready = status_for(object_, reason::detaching, "the binding is being removed in the cloud");
    }
    if (made.wanted == held_)
    {
        // What goes is unconfirmed, in the same write as the state (write-ahead).
        for (attachment& entry : made.wanted.attachments)
        {
            entry.confirmed = false;
        }
    }
    made.ready->attached = condition_status::true_;
    return carry_out(std::move(made));
}

// What to do so that the entry can be dropped. Without `ready`: nothing hinders it.
conclusion decision::detach(const attachment& entry) const
{
    const auto named = parse_service_ref(entry.container_ref);
    conclusion made = nothing();
    if (!named)
    {
        // Of no API that this credential speaks, so there is nothing to ask for.
        made.wanted = without(entry);
        return made;
    }
    if (named->binding && of_.owner(*named->binding) != nullptr)
    {
        // The cloud binding is what the other object wants, so it stays.
        made.wanted = without(entry);
        return made;
    }
    const auto* certificate = of_.certificate(named->certificate);
    const bool is_removing = facts_.removing && named->binding == facts_.removing->binding;
    if (named->binding && !is_removing)
    {
        made.then = remove{named->certificate, *named->binding};
        return made;
    }
    if (!counts(certificate))
    {
        made.then = ask{named->certificate, purpose::detach};
        return made;
    }
    if (!certificate->last->value)
    {
        return of_missing_certificate(entry, *certificate);
    }
    return detach_shown(entry, *certificate, *named);
}

// The certificate was read after the last write.
conclusion decision::detach_shown(
    const attachment& entry, const certificate_facts& certificate, const service_ref& named
) const
{
    cloud::service_certificate shown = **certificate.last->value;
    std::erase_if(shown.bindings, [&](const auto& each) { return of_.owner(each.id) != nullptr; });
    const auto* there = find_binding(shown, object_.spec.resource_id, entry);
    conclusion made = nothing();
    if (there != nullptr)
    {
        if (facts_.removing && facts_.removing->binding == there->id)
        {
            return remove_again(*facts_.removing, certificate, *there);
        }
        made.then = remove{named.certificate, there->id};
        return made;
    }
    if (const auto next = read_in_doubt(named, certificate))
    {
        made.then = read_at(*next, named.certificate, purpose::detach);
        return made;
    }
    const bool is_others =
        find_binding(**certificate.last->value, object_.spec.resource_id, entry) != nullptr;
    const bool is_taken =
        facts_.removing && facts_.removing->taken && named.binding == facts_.removing->binding;
    const auto since = unseen_since(facts_, entry);
    const auto proven_at = since ? *since + of_.settings.replica_lag : of_.now;
    if (!is_others && !is_taken && (!since || certificate.last->asked_at < proven_at))
    {
        // One read may be old. It is enough where the cloud took the removal.
        made.then = read_at(proven_at, named.certificate, purpose::detach);
        return made;
    }
    made.wanted = without(entry);
    return made;
}

std::optional<support::time_point> decision::read_in_doubt(
    const service_ref& named, const certificate_facts& certificate
) const
{
    const auto asked_at = certificate.last->asked_at;
    if (named.binding || !facts_.in_doubt_until || asked_at >= *facts_.in_doubt_until)
    {
        return std::nullopt;
    }
    return std::min(asked_at + polling.without_jitter(std::max(1, facts_.polls)), *facts_.in_doubt_until);
}

// The binding is still there after a DELETE.
conclusion decision::remove_again(
    const removal& removing, const certificate_facts& certificate, const cloud::service_binding& shown
) const
{
    const auto& id = (*certificate.last->value)->id;
    const auto asked_at = certificate.last->asked_at;
    const remove again{id, removing.binding};
    const auto at = [&](support::time_point when, action otherwise) {
        return when <= of_.now ? action(again) : std::move(otherwise);
    };
    if (removing.refused && is_not_supported(removing))
    {
        // It may be removed by hand meanwhile.
        const auto next = asked_at + waiting.without_jitter(std::max(1, facts_.polls));
        const auto when = removing.at + wait_after(removing);
        action then = at(when, next < when ? read_at(next, id, purpose::wait) : rest{when});
        const bool is_proven =
            removing.refused->kind == failure::not_supported || removing.answers_404 >= answers_that_prove;
        if (is_proven)
        {
            return say(of_failed_removal(object_, removing), std::move(then));
        }
        conclusion made = nothing();
        made.then = std::move(then);
        return made;
    }
    if (removing.refused)
    {
        const auto when = removing.at + waiting.without_jitter(removing.attempts);
        return say(of_failed_removal(object_, removing), at(when, rest{when}));
    }
    conclusion made = nothing();
    const auto next = asked_at + polling.without_jitter(std::max(1, facts_.polls));
    const bool under_way = shown.status == "deleting";
    // What has no answer again and again is sent ever more slowly.
    const auto wait =
        std::max<support::duration>(of_.settings.write_deadline, polling.without_jitter(removing.attempts));
    made.then = under_way ? read_at(next, id, purpose::detach)
                          : at(removing.at + wait, read_at(next, id, purpose::detach));
    return made;
}

// The certificate could not be read.
conclusion decision::of_missing_certificate(const attachment& entry, const certificate_facts& certificate)
    const
{
    const auto named = *parse_service_ref(entry.container_ref);
    const auto& id = named.certificate;
    const cloud::error& error = certificate.last->value.error();
    const auto asked_at = certificate.last->asked_at;
    conclusion made = nothing();
    if (const auto next = read_in_doubt(named, certificate); next && error.kind == failure::not_found)
    {
        // The bindings API of a controller shows only certificates that are bound.
        made.then = read_at(*next, id, purpose::detach);
        return made;
    }
    if (error.kind == failure::not_found && is_gone(certificate))
    {
        made.wanted = without(entry);
        return made;
    }
    if (error.kind == failure::not_found)
    {
        made.then = read_at(*certificate.missing_since + of_.settings.proof, id, purpose::detach);
        return made;
    }
    const auto wait = std::max<support::duration>(
        waiting.without_jitter(certificate.failures), error.retry_after.value_or(support::duration{})
    );
    return say(of_failed_read(object_, error, false), read_at(asked_at + wait, id, purpose::detach));
}

}  // namespace binding::single
