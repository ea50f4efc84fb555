// What each binding wants and may have: its certificate, the slots, the first verdicts.
#include "binding/observed/target_state.hpp"
#include "binding/plan/planner.hpp"
#include "support/rfc3339.hpp"

#include <algorithm>
#include <utility>

namespace binding {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t longest_default_ref = 255;  // Octavia's columns
constexpr std::size_t longest_sni_ref = 128;
constexpr std::size_t ledger_limit = 16;  // of the schema; at one less no further change is begun

// The id that a container ref names.
std::string id_of(const cloud::container_ref& ref)
{
    const auto name = ref.name();
    return name ? name->id.str() : ref.str();
}

}  // namespace

void planner::make_requests()
{
    requests_.clear();
    for (view& each : views_)
    {
        slot_request made;
        made.object = each.object;
        made.held = each.next;
        const bool unwritable = w_.unwritable.contains(each.object->uid);
        if (each.object->deleting)
        {
            made.released = each.release;
            made.leaving = !each.release;
            each.held_back = made.leaving ? held_back_as_contested(each) : std::nullopt;
            made.unwritable = made.leaving && (unwritable || cannot_detach_with_borrowed_credential(each));
        }
        else
        {
            made.ref = wanted_ref(each);
            made.attachable = made.ref && !why_not(each);
            each.held_back = made.attachable ? held_back_as_named(each) : std::nullopt;
            if (made.attachable && !each.held_back)
            {
                each.held_back = held_back_as_contested(each);
            }
            made.held_back = unwritable || each.held_back;
        }
        requests_.push_back(std::move(made));
    }
    request_for_peers();
}

std::optional<step> planner::settle_with(const std::set<cloud::container_ref>& dead)
{
    assignment_input input;
    input.now = now_;
    input.requests = requests_;
    input.dead = dead;
    for (const auto& [slot_and_key, move] : m_.ownership_changes)
    {
        if (slot_and_key.first == slot::sni && is_contested(slot::sni, slot_and_key.second, false))
        {
            input.later.insert(slot_and_key.second);
        }
    }
    for (const auto& [key, seen] : m_.refs)
    {
        if (seen.asked_at >= w_.pass_started && seen.state != cloud::ref_state::unanswered)
        {
            input.readable[key] = seen.state == cloud::ref_state::readable;
        }
    }
    auto outcome = assign_slots(input);
    if (auto* unknown = std::get_if<unread_refs>(&outcome))
    {
        for (const cloud::container_ref& ref : unknown->refs)
        {
            const auto seen = m_.refs.find(ref);
            if (seen != m_.refs.end() && seen->second.asked_at >= w_.pass_started)
            {
                return stop_for({cloud::failure::transient, no_answer_about({ref}), {}, {}});
            }
        }
        read asked;
        asked.refs = std::move(unknown->refs);
        return asked;
    }
    settled_ = std::get<assignment>(std::move(outcome));
    return std::nullopt;
}

std::optional<cloud::container_ref> planner::wanted_ref(const view& each) const
{
    const certificate_binding& object = *each.object;
    const support::uuid id = object.spec.certificate_id;
    if (const auto* seen = certificate_of(each); seen != nullptr && *seen)
    {
        return (*seen)->container_ref;
    }
    for (const attachment& entry : each.next.attachments)
    {
        if (entry.slot == object.wanted_slot() && entry.container_ref.names(id))
        {
            return entry.container_ref;
        }
    }
    return shown_ref(object, now_);
}

std::optional<cloud::container_ref> planner::shown_ref(
    const certificate_binding& object, const listener_slots& slots
)
{
    const support::uuid id = object.spec.certificate_id;
    if (object.wanted_slot() == slot::default_)
    {
        return slots.default_ref && slots.default_ref->names(id) ? slots.default_ref : std::nullopt;
    }
    const auto found =
        std::ranges::find_if(slots.sni_refs, [&](const cloud::container_ref& ref) { return ref.names(id); });
    return found == slots.sni_refs.end() ? std::nullopt : std::optional(*found);
}

const cloud::answer<cloud::certificate>* planner::certificate_of(const view& each) const
{
    const bool same = each.memory->certificate_id == each.object->spec.certificate_id;
    return same && each.memory->certificate ? &each.memory->certificate->value : nullptr;
}

std::optional<ready_status> planner::why_not(const view& each) const
{
    const certificate_binding& object = *each.object;
    const auto* seen = certificate_of(each);
    const support::uuid id = object.spec.certificate_id;
    if (seen == nullptr)
    {
        return ready_status{reason::progressing, "certificate " + id.str() + " has not been looked at yet"};
    }
    if (!*seen)
    {
        return certificate_failure(each, seen->error());
    }
    const cloud::certificate& certificate = **seen;
    if (certificate.expires_at && *certificate.expires_at <= w_.wall)
    {
        return expired(each, *certificate.expires_at);
    }
    if (!certificate.usable)
    {
        return ready_status{
            reason::certificate_not_active,
            "certificate " + id.str() + " is not active yet: " + certificate.missing
        };
    }
    const std::size_t limit = object.spec.sni ? longest_sni_ref : longest_default_ref;
    if (certificate.container_ref.view().size() > limit)
    {
        return ready_status{
            reason::certificate_refused,
            "Octavia keeps " + std::to_string(limit) + " characters of a container ref, this one has " +
                std::to_string(certificate.container_ref.view().size()) + ": " +
                certificate.container_ref.str()
        };
    }
    if (is_quarantined(each))
    {
        return ready_status{reason::certificate_refused, each.memory->quarantine->message};
    }
    const bool has_entry = std::ranges::any_of(each.next.attachments, [&](const attachment& entry) {
        return entry.slot == object.wanted_slot() && entry.container_ref.names(id);
    });
    if (!has_entry && each.next.attachments.size() + 1 >= ledger_limit)
    {
        return ready_status{
            reason::ledger_full,
            "status.attachments holds " + std::to_string(each.next.attachments.size()) +
                " entries of earlier changes that are not finished; no further change is begun before "
                "they are"
        };
    }
    return std::nullopt;
}

ready_status planner::expired(const view& each, support::wall_time since)
{
    return {
        reason::certificate_expired,
        "certificate " + each.object->spec.certificate_id.str() + " expired on " +
            support::format_rfc3339(since) + "; set spec.certificateId to a renewed one"
    };
}

ready_status planner::certificate_failure(const view& each, const cloud::error& error) const
{
    const auto& known = each.object->status.certificate;
    if (known.id == each.object->spec.certificate_id && known.expires_at && *known.expires_at <= w_.wall &&
        unanswered(each))
    {
        return expired(each, *known.expires_at);
    }
    ready_status made{
        reason_of(error.kind, reason::certificate_not_found, reason::certificate_access_denied), error.message
    };
    made.within_grace_period = within_grace_period(each, made.reason);
    return made;
}

reason planner::reason_of(cloud::failure kind, reason not_found, reason access_denied)
{
    switch (kind)
    {
        case cloud::failure::not_found:
        case cloud::failure::no_endpoint:
            return not_found;
        case cloud::failure::access_denied:
            return access_denied;
        case cloud::failure::credentials_invalid:
            return reason::credentials_invalid;
        case cloud::failure::busy:
        case cloud::failure::refused:
        case cloud::failure::rate_limited:
        case cloud::failure::transient:
        case cloud::failure::ambiguous:
            break;
    }
    return reason::cloud_unavailable;
}

bool planner::within_grace_period(const view& each, reason why) const
{
    const bool young_kind = why == reason::certificate_not_found || why == reason::listener_not_found;
    const bool said_already =
        each.object->status[condition_type::stalled].status == condition_status::true_ &&
        each.object->status.observed_generation == each.object->generation &&
        each.object->status[condition_type::ready].reason == why;
    if (!young_kind || said_already)
    {
        return false;
    }
    if (each.memory->generation_is_new)
    {
        return w_.now - each.memory->generation_since < s_.grace;
    }
    return w_.wall - each.object->created < s_.grace;
}

void planner::first_statuses()
{
    for (std::size_t i = 0; i < views_.size(); ++i)
    {
        view& each = views_[i];
        const placement& settled = settled_.requests[i];
        if (each.object->deleting)
        {
            say_of_deletion(each, settled);
            continue;
        }
        auto missing = why_not(each);
        if (!missing && each.held_back && !settled.shown)
        {
            missing = each.held_back->said;
        }
        each.said = missing.value_or(ready_status{reason::attached, ""});
        each.said.attached = settled.shown ? condition_status::true_ : condition_status::false_;
        if (settled.winner != nullptr)
        {
            each.said = conflict_with(*settled.winner, each, settled);
        }
        else if (missing && settled.shown)
        {
            say_of_attached(each, *missing);
        }
        else if (missing && !settled.kept.empty())
        {
            const std::string old =
                "; certificate " + id_of(settled.kept.front().container_ref) + " stays attached until then";
            each.said.message += each.said.message.ends_with(old) ? "" : old;  // a start reads it in status
        }
        const bool stays_ready = each.said.reason == reason::attached || each.said.keep_status;
        if (stays_ready && (!settled.shown || affected(i)))
        {
            say(each,
                reason::progressing,
                settled.shown ? "the listener is about to be changed" : "about to be attached");
        }
    }
}

void planner::say_of_attached(view& each, const ready_status& missing)
{
    if (missing.reason == reason::certificate_refused || missing.reason == reason::ledger_full ||
        missing.reason == reason::progressing)
    {
        each.said = {reason::attached, "", condition_status::true_};
        each.said.keep_status = is_ready(*each.object);
        return;
    }
    const std::string stays =
        "; it stays attached, and the next change of this load balancer will leave it out if it cannot be "
        "read";
    if (missing.reason == reason::cloud_unavailable)
    {
        say_unavailable(each, missing.message + stays);
    }
    else
    {
        each.said.message += stays;
        each.said.within_grace_period = false;
    }
    each.said.attached = condition_status::true_;
}

ready_status planner::conflict_with(
    const certificate_binding& winner, const view& each, const placement& settled
)
{
    return {
        reason::conflict,
        each.object->spec.sni || each.object->spec.certificate_id == winner.spec.certificate_id
            ? "409: binding " + winner.full_name() +
                  " has put this certificate on the listener already; "
                  "delete one of the two"
            : "409: binding " + winner.full_name() +
                  " has the listener's default certificate; set options.sni to true to add this one "
                  "beside it",
        settled.shown ? condition_status::true_ : condition_status::false_
    };
}

bool planner::cannot_detach_with_borrowed_credential(const view& each) const
{
    return w_.borrowed.contains(each.object->uid) && !same_cloud(each.next.scope, *m_.scope->value);
}

void planner::say_of_deletion(view& each, const placement& settled)
{
    if (cannot_detach_with_borrowed_credential(each) && !settled.kept.empty())
    {
        say(each,
            reason::credentials_missing,
            "the certificate was attached through another project than the controller's own credential leads "
            "to, and the namespace may not use that one; put the credential back, or leave the certificate "
            "there: set spec.deletionPolicy to Retain, or annotate the binding with " +
                std::string(abandon_annotation) + "=\"true\"");
        each.said.attached = condition_status::true_;
        return;
    }
    if (settled.kept_as_last)
    {
        say(each,
            reason::last_certificate,
            std::string(
                each.object->spec.sni ? "the listener would be left without a certificate. Bind another"
                                      : "the listener would be left without a default certificate, "
                                        "and without one Octavia serves no TLS. Bind another default"
            ) +
                " certificate to it (in a namespace that is not being deleted), or delete the listener, or "
                "leave "
                "the certificate there: set spec.deletionPolicy to Retain, or annotate the binding with " +
                std::string(abandon_annotation) + "=\"true\"");
        each.said.attached = condition_status::true_;
        return;
    }
    say(each,
        reason::detaching,
        each.held_back ? each.held_back->said.message : "being removed from the listener");
    each.said.attached =
        settled.removed.empty() && settled.kept.empty() ? condition_status::false_ : condition_status::true_;
}

support::time_point planner::next_look(const view& each) const
{
    const auto asked_at = each.memory->certificate->asked_at;
    const auto* seen = certificate_of(each);
    if (seen != nullptr && *seen && (*seen)->usable)
    {
        return asked_at + s_.resync_period * 7 / 10;
    }
    support::duration wait = 15s;
    for (int i = 1; i < each.memory->certificate_polls && wait < 5min; ++i)
    {
        wait *= 2;
    }
    return asked_at + std::min({wait, support::duration(5min), s_.resync_period});
}

bool planner::certificate_due(const view& each) const
{
    if (certificate_of(each) == nullptr)
    {
        return true;
    }
    const auto asked_at = each.memory->certificate->asked_at;
    if (const auto* seen = certificate_of(each); *seen)
    {
        const auto named = m_.refused_refs.find((*seen)->container_ref);
        if (named != m_.refused_refs.end() && named->second.at > asked_at)
        {
            return true;
        }
        const auto ref = m_.refs.find((*seen)->container_ref);
        if (ref != m_.refs.end() && ref->second.state == cloud::ref_state::dead &&
            ref->second.asked_at > asked_at)
        {
            return true;  // it has died since
        }
    }
    return asked_at < w_.pass_started && (unanswered(each) || w_.now >= next_look(each));
}

bool planner::unanswered(const view& each) const
{
    const auto* seen = certificate_of(each);
    if (seen == nullptr || *seen)
    {
        return false;
    }
    return reason_of(seen->error().kind, reason::certificate_not_found, reason::certificate_access_denied) ==
           reason::cloud_unavailable;
}

}  // namespace binding
