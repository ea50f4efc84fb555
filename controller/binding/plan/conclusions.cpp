#include "binding/plan/conclusions.hpp"

#include "binding/plan/ledgers.hpp"
#include "binding/policies/eligibility.hpp"
#include "binding/policies/overdue.hpp"
#include "binding/slots/ledger.hpp"
#include "binding/status/reported.hpp"

#include <algorithm>
#include <utility>

namespace binding {
namespace {

ready_status in_conflict(const member& member)
{
    const certificate_binding& object = member.object();
    const certificate_binding& winner = *member.placement.winner;
    const bool same_certificate = object.spec.sni || object.spec.certificate_id == winner.spec.certificate_id;
    return {
        reason::conflict,
        "409: binding " + winner.full_name() +
            (same_certificate ? " binds this certificate to the listener already; delete one of the two"
                              : " has the listener's default certificate; set options.sni to true to add "
                                "this one beside it"),
        member.placement.present ? condition_status::true_ : condition_status::false_
    };
}

// Of a binding whose certificate is attached, although it could not be attached now.
ready_status attached_in_spite_of(const observation& observation, const member& member, ready_status obstacle)
{
    if (obstacle.reason == reason::certificate_refused || obstacle.reason == reason::ledger_full ||
        obstacle.reason == reason::progressing)
    {
        ready_status attached{reason::attached, "", condition_status::true_};
        attached.keep_status = is_ready(member.object());
        return attached;
    }
    obstacle.message +=
        "; the certificate stays attached until the next change of this load balancer, which removes it if "
        "it is not readable";
    if (obstacle.reason == reason::cloud_unavailable)
    {
        obstacle = unavailable(observation, member, std::move(obstacle.message));
    }
    obstacle.within_grace_period = false;
    obstacle.attached = condition_status::true_;
    return obstacle;
}

std::string id_in(const cloud::container_ref& ref)
{
    const auto name = ref.name();
    return name ? name->id.str() : ref.str();
}

// Whether the ledger names the certificate where the binding wants it, or will once the read has shown it.
// What is on the listener without that belongs to others.
bool is_entered(const member& member)
{
    return member.placement.placed ||
           (member.request.ref && holds(member.held(), *member.request.ref, member.object().wanted_slot()));
}

// Of a binding that is not being deleted.
ready_status of_live(const observation& observation, const member& member)
{
    const placement& placement = member.placement;
    if (placement.winner != nullptr)
    {
        return in_conflict(member);
    }
    auto obstacle = member.obstacle;
    if (!obstacle && member.deferral && !placement.present)
    {
        obstacle = member.deferral->status;
    }
    if (obstacle && placement.present && is_entered(member))
    {
        return attached_in_spite_of(observation, member, std::move(*obstacle));
    }
    ready_status status = obstacle.value_or(ready_status{reason::attached, ""});
    status.attached = placement.present ? condition_status::true_ : condition_status::false_;
    if (obstacle && !placement.kept.empty() && !status.keep_message)
    {
        status.message += "; certificate " + id_in(placement.kept.front().container_ref) +
                          " stays attached until the new one is attached";
    }
    return status;
}

ready_status of_deletion(const observation& observation, const member& member)
{
    const certificate_binding& object = member.object();
    const placement& placement = member.placement;
    const std::string leave_it =
        "leave the certificate there: set spec.deletionPolicy to Retain, or annotate the binding with " +
        std::string(abandon_annotation) + "=\"true\"";
    ready_status status;
    if (cannot_detach_with_borrowed_credential(observation, member) && !placement.kept.empty())
    {
        status = status_for(
            object,
            reason::credentials_missing,
            "the certificate was attached through another project than the one that the controller's own "
            "credential leads to, and the namespace may not use that credential; put the old credential "
            "back, or " +
                leave_it
        );
        status.attached = condition_status::true_;
        return status;
    }
    if (placement.kept_as_last)
    {
        const bool is_last_sni = std::ranges::none_of(placement.kept, [](const attachment& entry) {
            return entry.slot == slot::default_;
        });
        status = status_for(
            object,
            reason::last_certificate,
            std::string(
                is_last_sni ? "the listener would be left without a certificate. Bind another"
                            : "the listener would be left without a default certificate, and without one "
                              "Octavia serves no TLS. Bind another default"
            ) + " certificate to it (in a namespace that is not being deleted), or delete the listener, or " +
                leave_it
        );
        status.attached = condition_status::true_;
        return status;
    }
    status = member.deferral
                 ? status_for(object, member.deferral->status.reason, member.deferral->status.message)
                 : status_for(object, reason::detaching, "being removed from the listener");
    status.attached = placement.removed.empty() && placement.kept.empty() ? condition_status::false_
                                                                          : condition_status::true_;
    return status;
}

}  // namespace

conclusion of_assignment(const observation& observation, const member& member)
{
    conclusion conclusion{&member, {}, member.held(), false};
    if (member.deleting())
    {
        conclusion.ready = of_deletion(observation, member);
        return conclusion;
    }
    conclusion.ready = of_live(observation, member);
    const bool present = member.placement.present;
    const bool is_fine = conclusion.ready.reason == reason::attached || conclusion.ready.keep_status;
    if (is_fine && (!present || member.affected() || !is_entered(member)))
    {
        const auto attached = conclusion.ready.attached;
        conclusion.ready = status_for(
            member.object(),
            reason::progressing,
            present ? "the listener is about to be changed" : "about to be attached"
        );
        conclusion.ready.attached = attached;
    }
    return conclusion;
}

namespace {

// An SNI certificate that is attached is not served where the listener has no default certificate.
void conclude_without_default(const listener_update& update, conclusion& conclusion)
{
    const member& member = *conclusion.of;
    const bool is_unserved = !member.deleting() && member.object().spec.sni && member.placement.present &&
                             !update.view.slots.default_ref && conclusion.ready.reason == reason::attached;
    if (!is_unserved)
    {
        return;
    }
    conclusion.ready =
        update.slots.after.default_ref
            ? ready_status{reason::progressing, "a default certificate of the listener is about to be attached"}
            : ready_status{
                  reason::no_default_certificate,
                  "the certificate is attached, but the listener has no default certificate, and without one "
                  "Octavia serves no TLS. Bind a default certificate to the listener: a binding with "
                  "options.sni false"
              };
    conclusion.ready.attached = condition_status::true_;
    conclusion.ready.within_grace_period =
        grace_left(update.observation, member, conclusion.ready.reason).has_value();
}

// The load balancer is PENDING because of another change.
void conclude_pending(const observation& observation, conclusion& conclusion)
{
    const certificate_binding& object = conclusion.of->object();
    const auto attached = conclusion.ready.attached;
    const bool lacks_default_now = conclusion.ready.reason == reason::no_default_certificate &&
                                   !is_reported_as(object, reason::no_default_certificate);
    const bool is_settled =
        object.deleting || conclusion.ready.reason == reason::attached || lacks_default_now;
    if (is_settled && was_verified(object))
    {
        conclusion.ready = unavailable(
            observation,
            *conclusion.of,
            "the binding was not verified for three resync periods because the load balancer is being changed"
        );
    }
    else if (is_settled)
    {
        conclusion.ready =
            status_for(object, reason::load_balancer_busy, "the load balancer is being changed");
        conclusion.ready.attached = attached;
    }
}

// The listener shows no entry of the binding, and none of the entries has to be sent again.
bool has_left(const listener_view& view, const ledger& held)
{
    return std::ranges::all_of(held.attachments, [&](const attachment& entry) {
        return entry.confirmed && !view.shows(entry.container_ref, entry.slot);
    });
}

bool shows_any(const listener_view& view, const ledger& held)
{
    return std::ranges::any_of(held.attachments, [&](const attachment& entry) {
        return view.shows(entry.container_ref, entry.slot);
    });
}

std::string describe_error(const listener_view& view, bool listener_alone)
{
    const std::string noun = listener_alone ? "the listener" : "the load balancer";
    if ((listener_alone ? view.listener->status : view.load_balancer) == cloud::provisioning_status::deleted)
    {
        return noun + " is deleted";
    }
    return listener_alone ? "the listener is in ERROR and not served; see the certificates of the listener "
                            "and the log of the provider"
                          : "the load balancer is in ERROR; Octavia changes nothing on it until someone "
                            "repairs it (openstack loadbalancer failover)";
}

// Listener or load balancer is in ERROR, or deleted.
void conclude_in_error(const listener_view& view, conclusion& conclusion)
{
    const member& member = *conclusion.of;
    const bool listener_alone = view.load_balancer == cloud::provisioning_status::active;
    if (listener_alone && member.deleting() && has_left(view, conclusion.next))
    {
        conclusion.release = true;  // the binding has nothing on the listener that could keep it in ERROR
        return;
    }
    // A deletion that waits for people keeps its message, because that names the ways out.
    const bool waits_for_people = member.deleting() && member.placement.kept_as_last;
    const bool is_concerned = member.deleting() || member.placement.present || member.placement.placed;
    if (waits_for_people || !is_concerned)
    {
        return;
    }
    conclusion.ready = status_for(
        member.object(),
        listener_alone ? reason::listener_error : reason::load_balancer_error,
        describe_error(view, listener_alone)
    );
    const bool is_shown = member.deleting() ? shows_any(view, member.held()) : member.placement.present;
    conclusion.ready.attached = is_shown ? condition_status::true_ : condition_status::false_;
}

}  // namespace

conclusion of_read(const listener_update& update, const member& member)
{
    conclusion conclusion = of_assignment(update.observation, member);
    conclude_without_default(update, conclusion);
    if (update.view.at_rest())
    {
        conclusion.next = verified_ledger(update, member);
        conclusion.release = member.deleting() && conclusion.next.attachments.empty();
    }
    else if (update.view.load_balancer == cloud::provisioning_status::pending)
    {
        conclude_pending(update.observation, conclusion);
    }
    else
    {
        conclude_in_error(update.view, conclusion);
    }
    return conclusion;
}

}  // namespace binding
