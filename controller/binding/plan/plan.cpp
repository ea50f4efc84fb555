#include "binding/plan/plan.hpp"

#include "binding/observed/lost_update.hpp"
#include "binding/observed/target_state.hpp"
#include "binding/plan/planner.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <utility>

namespace binding {

using namespace std::chrono_literals;

namespace {

ledger_scope compact(const cloud::project_scope& scope, bool by_controller)
{
    return {
        support::interned(scope.identity),
        support::interned(scope.project_id),
        support::interned(scope.region),
        support::interned(scope.load_balancer_endpoint),
        by_controller,
    };
}

}  // namespace

planner::planner(const observation& w) : w_(w), m_(*w.memory), s_(*w.settings)
{
    static const binding_state nothing;
    for (const certificate_binding* object : w.bindings)
    {
        const auto found = m_.bindings.find(object->uid);
        const binding_state& memory = found == m_.bindings.end() ? nothing : found->second;
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
             &planner::wait_for_peers,
             &planner::ask_place,
             &planner::ask_cloud,
             &planner::stop_without_listener,
             &planner::ask_load_balancer,
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
    if (any)
    {
        return std::nullopt;
    }
    // With the last of them nobody waits for the PUT; the lane is given back when it can no longer land.
    return m_.put && w_.now < m_.put->deadline ? ended(requeue::after, m_.put->deadline - w_.now)
                                               : ended(requeue::resync);
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
                "this binding has no entry for it, so it stays on the listener: " + left->str()
            );
        }
    }
}

std::optional<step> planner::ask_place()
{
    if (stale(m_.scope))
    {
        read asked;
        asked.scope = true;
        return asked;
    }
    const auto& scope = m_.scope->value;
    if (!scope)
    {
        return stop_for(scope.error());
    }
    place_ = compact(*scope, w_.controllers_credential);
    return std::nullopt;
}

std::optional<step> planner::ask_cloud()
{
    read asked;
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

std::optional<step> planner::ask_load_balancer()
{
    if (stale(m_.load_balancer))
    {
        read asked;
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
        read asked;  // the listener was read before the change ended
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
    if (w_.turn == turn_state::free)
    {
        return take_turn{};
    }
    const put_state& put = *m_.put;
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

void planner::tell_of_lost_updates(const put_state& put)
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
                support::joined(undone)
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
        // Rule 9: Ready is not said anew. Who is Ready and not touched by the change stays so, and so does
        // who was told that it may not make one.
        const bool refused =
            says(each, reason::listener_access_denied) || says(each, reason::credentials_invalid);
        each.said.keep_status = was_told(each) && (refused || !mentions_unconfirmed(each));
    }
    return write_then(ended(requeue::after, std::max<support::duration>(wait, 10ms)));
}

step planner::wait_for_load_balancer(reason why, support::duration wait)
{
    if (settled_.requests.empty())
    {
        for (view& each : views_)
        {
            if (was_verified(each))
            {
                say_unavailable(each, "not verified for long: the load balancer is being changed");
                continue;
            }
            say(each, why, "the load balancer is being changed");
            each.said.keep_status =
                (was_told(each) && !mentions_unconfirmed(each)) || says(each, each.said.reason);
        }
        return write_then(ended(requeue::after, wait));
    }
    for_affected([&](view& each) { say(each, why, "the load balancer is being changed by something else"); });
    return write_then(ended(requeue::after, wait));
}

std::optional<step> planner::settle()
{
    if (listener_->protocol != terminated_https)
    {
        return stop_for_protocol();
    }
    make_requests();
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
    first_statuses();
    return std::nullopt;
}

decision plan(const observation& observation)
{
    return planner(observation).run();
}

}  // namespace binding
