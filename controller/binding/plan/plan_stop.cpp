// What ends a round before there is anything to decide.
#include "binding/plan/planner.hpp"

#include <algorithm>
#include <utility>

namespace binding {

namespace {

// Whosever credential wrote there.
bool same_place(ledger_scope written, const ledger_scope& here)
{
    written.by_controller = here.by_controller;
    return written == here;
}

}  // namespace

std::optional<step> planner::stop_without_credential()
{
    if (w_.missing.empty())
    {
        return std::nullopt;
    }
    for (view& each : views_)
    {
        const missing_credential& why = w_.missing.at(each.object->uid);
        if (why.reason == reason::cloud_unavailable)
        {
            say_unavailable(each, why.message);
            continue;
        }
        say(each, why.reason, why.message);
        each.said.keep_status = why.passes;
        const bool was = each.object->status[condition_type::attached].status == condition_status::true_;
        each.said.attached = was                             ? condition_status::true_
                             : each.next.attachments.empty() ? condition_status::false_
                                                             : condition_status::unknown;
        if (each.object->deleting)
        {
            each.said.message +=
                "; or leave what it attached where it is: set spec.deletionPolicy to Retain, or annotate the "
                "binding with " +
                std::string(abandon_annotation) + "=\"true\"";
        }
    }
    return write_then(ended(requeue::resync));
}

std::optional<step> planner::stop_without_listener()
{
    const auto& answer = m_.listener->value;
    if (answer)
    {
        listener_ = &*answer;
        now_ = {listener_->default_ref, listener_->sni_refs};
        return std::nullopt;
    }
    // Rule 10: nothing is given up on the word of another cloud or project.
    const bool certain =
        reason_of(answer.error().kind, reason::listener_not_found, reason::listener_access_denied) !=
        reason::cloud_unavailable;
    bool changed = false;
    for (view& each : views_)
    {
        if (certain && was_put_from_elsewhere(each))
        {
            changed = true;
            say(each,
                reason::cloud_changed,
                "the certificate was attached through " + each.next.scope.identity.str() + " (project " +
                    each.next.scope.project_id.str() + "), but the credential now leads to " +
                    place_.identity.str() + " (project " + place_.project_id.str() +
                    "), where the listener cannot be read: " + answer.error().message +
                    "; put the old credential back, or annotate the binding with " +
                    std::string(abandon_annotation) + "=\"true\" before deleting it");
        }
    }
    // Which cloud a PUT in doubt went to is not known then.
    const bool in_doubt = changed && m_.put && w_.now < m_.put->deadline;
    if (answer.error().kind == cloud::failure::not_found && !in_doubt)
    {
        return listener_gone(answer.error());
    }
    return stop_for(answer.error(), changed);
}

bool planner::was_put_from_elsewhere(const view& each) const
{
    return !each.next.attachments.empty() && !same_place(each.next.scope, place_);
}

step planner::listener_gone(const cloud::error& error)
{
    const bool proven = m_.gone_since && m_.listener->asked_at - *m_.gone_since >= s_.proof;
    bool changed = false;
    for (view& each : views_)
    {
        if (was_put_from_elsewhere(each))
        {
            changed = true;  // what is to be said of it is said; the others do not wait for it
            continue;
        }
        if (each.object->deleting)
        {
            say(each, reason::detaching, "the listener does not exist any more; making sure");
            each.release = each.release || proven;
        }
        else
        {
            say(each, reason::listener_not_found, error.message);
            each.said.within_grace_period = within_grace_period(each, reason::listener_not_found);
        }
        each.said.attached = condition_status::false_;
    }
    if (!proven)
    {
        return write_then(ended(requeue::after, s_.proof));
    }
    put_resolved_ = m_.put.has_value() && !changed;  // no PUT takes effect on what is not there
    return write_then(ended(any_live() || changed ? requeue::slow : requeue::resync));
}

step planner::stop_for_protocol()
{
    make_requests();
    for (std::size_t i = 0; i < views_.size(); ++i)
    {
        view& each = views_[i];
        say(each,
            reason::listener_protocol,
            "the listener's protocol is " + listener_->protocol + "; certificates go on " +
                std::string(terminated_https) + " listeners");
        each.said.attached = condition_status::false_;
        if (at_rest())
        {
            std::erase_if(each.next.attachments, [&](const attachment& entry) {
                return !shows(entry.container_ref, entry.slot);
            });
            each.release = each.release || (each.object->deleting && each.next.attachments.empty());
        }
    }
    return write_then(ended(any_live() ? requeue::slow : requeue::resync));
}

step planner::stop_for(const cloud::error& error, bool keep_said)
{
    const reason why = reason_of(error.kind, reason::listener_not_found, reason::listener_access_denied);
    for (view& each : views_)
    {
        const bool said_before = keep_said && each.said.reason == reason::cloud_changed;
        const bool said_detaching = keep_said && each.object->deleting && !each.said.message.empty();
        if (said_before || said_detaching)
        {
            continue;
        }
        if (why == reason::cloud_unavailable)
        {
            say_unavailable(each, error.message);
            continue;
        }
        say(each, why, error.message);
        each.said.within_grace_period = within_grace_period(each, why);
    }
    if (error.retry_after)
    {
        return write_then(ended(requeue::retry, *error.retry_after));
    }
    return write_then(ended(why == reason::cloud_unavailable ? requeue::retry : requeue::slow));
}

bool planner::was_told(const view& each)
{
    return each.object->status.observed_generation == each.object->generation;
}

bool planner::was_verified(const view& each)
{
    const condition& ready = each.object->status[condition_type::ready];
    return is_ready(*each.object) ||
           (ready.status == condition_status::unknown && says(each, reason::cloud_unavailable));
}

void planner::say_unavailable(view& each, std::string message)
{
    const auto verified = each.memory->verified_at.value_or(each.memory->generation_since);
    say(each, reason::cloud_unavailable, std::move(message));
    const bool stays_ready = is_ready(*each.object) && w_.now - verified < 3 * s_.resync_period;
    // A start knows of a quarantine by its status alone (rule 7).
    const bool stays_refused = says(each, reason::certificate_refused) && is_quarantined(each);
    each.said.keep_status = stays_ready || stays_refused;
    const bool was_attached = each.object->status[condition_type::attached].status == condition_status::true_;
    each.said.attached = was_attached ? condition_status::true_ : condition_status::unknown;
}

}  // namespace binding
