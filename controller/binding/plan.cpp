#include "binding/plan.hpp"

#include "binding/foreign_update.hpp"
#include "binding/memory.hpp"
#include "binding/planner.hpp"
#include "cloud/container_ref.hpp"

#include <algorithm>
#include <utility>

namespace binding {

using cloud::ref_key;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view terminated_https = "TERMINATED_HTTPS";

ledger_place compact(const cloud::place& place)
{
    return {
        support::interned(place.identity),
        support::interned(place.project_id),
        support::interned(place.region),
        support::interned(place.load_balancer_endpoint),
        by_controller,
    };
}

}  // namespace

planner::planner(const world& w) : w_(w), m_(*w.memory), s_(*w.settings)
{
    static const binding_memory nothing;
    for (const certificate_binding* object : w.bindings)
    {
        const auto found = m_.bindings.find(object->uid);
        const binding_memory& memory = found == m_.bindings.end() ? nothing : found->second;
        const ledger held = memory.held.value_or(object->status.ledger);
        if (object->deleting && !object->has_finalizer())
        {
            continue;  // it goes without us; what it left is foreign
        }
        views_.push_back({object, &memory, {}, held, false});
    }
}

decision planner::run()
{
    step made = first_step();
    return {std::move(made), put_resolved_, std::move(notices_)};
}

step planner::first_step()
{
    // In this order; the first that has something to do ends the search.
    for (const auto stage : {
             &planner::release_without_cloud,
             &planner::stop_without_credential,
             &planner::ask_place,
             &planner::ask_cloud,
             &planner::stop_without_listener,
             &planner::ask_load_balancer,
             &planner::wait_for_siblings,
             &planner::wait_for_put,
             &planner::settle,
             &planner::write_listener,
         })
    {
        if (auto made = (this->*stage)())
        {
            return std::move(*made);
        }
    }
    return conclude_verified();
}

std::optional<step> planner::release_without_cloud()
{
    commit made;
    bool any = false;
    for (view& each : views_)
    {
        const certificate_binding& object = *each.object;
        if (!object.deleting)
        {
            any = true;
            continue;
        }
        const bool leaves_it = object.spec.retain || object.abandoned;
        if (leaves_it || each.next.attachments.empty())
        {
            each.release = true;
            if (!w_.unwritable.contains(object.uid))
            {
                made.writes.push_back({object.uid, write_kind::remove_finalizer, {}});
                tell_of_release(object, each.next);
            }
            continue;
        }
        any = true;
    }
    if (!made.writes.empty())
    {
        return made;
    }
    return any ? std::nullopt : std::optional<step>(ended(pause::resync));
}

void planner::tell_of_release(const certificate_binding& object, const ledger& held)
{
    if (!held.attachments.empty())
    {
        tell(object, false, "Retained", "left on the listener: " + refs_text(held));
    }
    else if (m_.listener && m_.listener->value)
    {
        const auto& seen = *m_.listener->value;
        if (const auto left = shown_ref(object, {seen.default_ref, seen.sni_refs}))
        {
            tell(
                object,
                false,
                "NotDetached",
                "this binding has no entry for it, so it stays on the listener: " + *left
            );
        }
    }
}

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
        each.said.leave_as_is = why.passes;
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
    return write_then(ended(pause::resync));
}

std::optional<step> planner::ask_place()
{
    if (stale(m_.place))
    {
        look asked;
        asked.place = true;
        return asked;
    }
    const auto& place = m_.place->value;
    if (!place)
    {
        return stop_for(place.error());
    }
    place_ = compact(*place, w_.controllers_credential);
    return std::nullopt;
}

std::optional<step> planner::ask_cloud()
{
    look asked;
    asked.listener = stale(m_.listener);
    for (const view& each : views_)
    {
        if (!each.object->deleting && certificate_due(each))
        {
            asked.certificates.push_back(each.object->uid);
        }
    }
    if (asked.listener || !asked.certificates.empty())
    {
        return asked;
    }
    return std::nullopt;
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
        if (certain && !each.next.attachments.empty() && each.next.place != place_)
        {
            changed = true;
            say(each,
                reason::cloud_changed,
                "the certificate was attached through " + each.next.place.identity.str() + " (project " +
                    each.next.place.project_id.str() + "), but the credential now leads to " +
                    place_.identity.str() + " (project " + place_.project_id.str() +
                    "), where the listener cannot be read: " + answer.error().message +
                    "; put the old credential back, or annotate the binding with " +
                    std::string(abandon_annotation) + "=\"true\" before deleting it");
        }
    }
    if (answer.error().kind == cloud::failure::not_found && !changed)
    {
        return listener_gone(answer.error());
    }
    return stop_for(answer.error(), changed);
}

step planner::listener_gone(const cloud::error& error)
{
    const bool proven = m_.gone_since && m_.listener->asked_at - *m_.gone_since >= s_.proof;
    for (view& each : views_)
    {
        if (each.object->deleting)
        {
            say(each, reason::detaching, "the listener does not exist any more; making sure");
            each.release = each.release || proven;
        }
        else
        {
            say(each, reason::listener_not_found, error.message);
            each.said.may_still_come = may_still_come(each, reason::listener_not_found);
        }
        each.said.attached = condition_status::false_;
    }
    if (!proven)
    {
        return write_then(ended(pause::after, s_.proof));
    }
    put_resolved_ = m_.put.has_value();  // no PUT takes effect on what is not there
    return write_then(ended(any_live() ? pause::slow : pause::resync));
}

std::optional<step> planner::ask_load_balancer()
{
    if (stale(m_.load_balancer))
    {
        look asked;
        asked.load_balancer = true;
        return asked;
    }
    const auto& answer = m_.load_balancer->value;
    if (!answer)
    {
        return stop_for(answer.error());
    }
    balancer_ = answer->status;
    const bool changing = listener_->status == cloud::provisioning_status::pending;
    if (balancer_ == cloud::provisioning_status::active && changing &&
        m_.listener->asked_at < m_.load_balancer->asked_at)
    {
        look asked;  // the listener was read before the change ended
        asked.listener = true;
        return asked;
    }
    if (changing)
    {
        balancer_ = cloud::provisioning_status::pending;
    }
    return std::nullopt;
}

std::optional<step> planner::wait_for_put()
{
    if (!m_.put)
    {
        return std::nullopt;
    }
    if (w_.lane == lane_state::free)
    {
        return take_lane{};
    }
    const put_memory& put = *m_.put;
    const bool over = m_.listener->asked_at >= put.deadline;
    switch (put.phase)
    {
        case put_phase::accepted:
            break;
        case put_phase::in_doubt:
            // What is sent again to a listener in ERROR shows its value before it takes effect.
            if (!over &&
                (!same_slots(now_, put.expected) || listener_->status == cloud::provisioning_status::error))
            {
                return wait_in_doubt(std::min(poll_wait(put.polls), put.deadline - w_.now));
            }
            break;
        case put_phase::before_start:
            if (!over)
            {
                return wait_in_doubt(put.deadline - w_.now);
            }
            break;
    }
    if (balancer_ == cloud::provisioning_status::pending)
    {
        return wait_for_load_balancer(reason::progressing, poll_wait(put.polls));
    }
    put_resolved_ = true;
    tell_of_lost_updates(put);
    return std::nullopt;
}

void planner::tell_of_lost_updates(const put_memory& put)
{
    if (!put.meanwhile)
    {
        return;
    }
    const auto undone = undone_changes(put.from, *put.meanwhile, put.expected, now_);
    if (!undone.empty())
    {
        tell(
            *views_.front().object,
            true,
            "ForeignUpdateLost",
            "our change of the listener overwrote one that somebody else made at the same time; make it "
            "again: " +
                joined(undone)
        );
        notices_.back().at_once = true;  // with the PUT it is forgotten
    }
}

step planner::wait_in_doubt(support::duration wait)
{
    for (view& each : views_)
    {
        say(each,
            progress_reason(each),
            "an earlier change of the listener was not answered and may still take effect; waiting until it "
            "no longer can");
        // Rule 9: Ready is not said anew. Who is Ready and not touched by the change stays so.
        each.said.leave_as_is = was_told(each) && !mentions_unconfirmed(each);
    }
    return write_then(ended(pause::after, std::max<support::duration>(wait, 10ms)));
}

step planner::wait_for_load_balancer(reason why, support::duration wait)
{
    if (settled_.claims.empty())
    {
        for (view& each : views_)
        {
            if (was_verified(each))
            {
                say_unavailable(each, "not verified for long: the load balancer is being changed");
                continue;
            }
            say(each, why, "the load balancer is being changed");
            each.said.leave_as_is =
                (was_told(each) && !mentions_unconfirmed(each)) || says(each, each.said.reason);
        }
        return write_then(ended(pause::after, wait));
    }
    for_affected([&](view& each) { say(each, why, "the load balancer is being changed by something else"); });
    return write_then(ended(pause::after, wait));
}

std::optional<step> planner::settle()
{
    if (listener_->protocol != terminated_https)
    {
        return stop_for_protocol();
    }
    make_claims();
    if (auto asked = settle_with({}))
    {
        return asked;
    }
    if (hold_back_half())
    {
        if (auto asked = settle_with({}))
        {
            return asked;
        }
    }
    first_verdicts();
    return std::nullopt;
}

step planner::stop_for_protocol()
{
    make_claims();
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
                return !shows(ref_key(entry.container_ref.view()), entry.slot);
            });
            each.release = each.release || (each.object->deleting && each.next.attachments.empty());
        }
    }
    return write_then(ended(any_live() ? pause::slow : pause::resync));
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
        each.said.may_still_come = may_still_come(each, why);
    }
    if (error.retry_after)
    {
        return write_then(ended(pause::retry, *error.retry_after));
    }
    return write_then(ended(why == reason::cloud_unavailable ? pause::retry : pause::slow));
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
    each.said.leave_as_is = is_ready(*each.object) && w_.now - verified < 3 * s_.resync_period;
    const bool was_attached = each.object->status[condition_type::attached].status == condition_status::true_;
    each.said.attached = was_attached ? condition_status::true_ : condition_status::unknown;
}

decision plan(const world& world)
{
    return planner(world).run();
}

}  // namespace binding
