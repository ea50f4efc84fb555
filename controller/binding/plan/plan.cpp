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

ledger_place compact(const cloud::place& place, bool by_controller)
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
             &planner::wait_for_siblings,
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
    return m_.put && w_.now < m_.put->deadline ? ended(pause::after, m_.put->deadline - w_.now)
                                               : ended(pause::resync);
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
        each.said.leave_as_is = was_told(each) && (refused || !mentions_unconfirmed(each));
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

decision plan(const world& world)
{
    return planner(world).run();
}

}  // namespace binding
