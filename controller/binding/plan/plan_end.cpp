// Conclusions, statuses and when to look again.
#include "binding/observed/target_state.hpp"
#include "binding/plan/planner.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <utility>

namespace binding {

using namespace std::chrono_literals;

step planner::conclude_verified()
{
    if (!views_.empty() && listener_ != nullptr && !settled_.requests.empty())
    {
        for (std::size_t i = 0; i < views_.size(); ++i)
        {
            conclude_one(i);
        }
    }
    if (balancer_ == cloud::provisioning_status::pending)
    {
        return write_then(ended(requeue::after, poll_wait(m_.busy_polls, 1min)));  // no write of ours waits
    }
    if (!at_rest())
    {
        return write_then(ended(requeue::slow));
    }
    return write_then(ended_by_certificates());
}

void planner::conclude_one(std::size_t i)
{
    view& each = views_[i];
    const placement& settled = settled_.requests[i];
    if (at_rest())
    {
        each.next = verified(i);
        each.release = each.release || (each.object->deleting && each.next.attachments.empty());
        return;
    }
    if (balancer_ == cloud::provisioning_status::pending)
    {
        const bool waits = each.object->deleting || each.said.reason == reason::attached;
        if (waits && was_verified(each))
        {
            say_unavailable(each, "not verified for long: the load balancer is being changed");
        }
        else if (waits)
        {
            say(each, busy_reason(each), "the load balancer is being changed");
        }
        return;
    }
    const bool listener_alone = balancer_ == cloud::provisioning_status::active;
    if (listener_alone && each.object->deleting && is_gone(each))
    {
        each.release = true;  // what keeps the listener in ERROR is not its
        return;
    }
    if (each.object->deleting && settled.kept_as_last)
    {
        return;  // it waits for people in any case, and its message has the ways out
    }
    if (each.object->deleting || settled.shown || settled.placed)
    {
        const bool deleted =
            (listener_alone ? listener_->status : balancer_) == cloud::provisioning_status::deleted;
        say(each,
            listener_alone ? reason::listener_error : reason::load_balancer_error,
            deleted ? (listener_alone ? "the listener is deleted" : "the load balancer is deleted")
            : listener_alone
                ? "the listener is in ERROR and not served; see the listener's certificates and the "
                  "provider's log"
                : "the load balancer is in ERROR; Octavia changes nothing on it until someone repairs it "
                  "(openstack loadbalancer failover)");
        each.said.attached = settled.shown ? condition_status::true_ : condition_status::false_;
    }
}

bool planner::is_gone(const view& each) const
{
    return std::ranges::all_of(each.next.attachments, [&](const attachment& entry) {
        return entry.confirmed && !shows(entry.container_ref, entry.slot);
    });
}

done planner::ended(requeue next, support::duration wait) const
{
    done made;
    made.next = next;
    made.wait = wait;
    if (!w_.unwritable.empty() && (next == requeue::resync || next == requeue::slow))
    {
        made.next = requeue::retry;
        made.wait = {};
    }
    return made;
}

done planner::ended_by_certificates() const
{
    std::optional<support::duration> soonest;
    bool slow = false;
    const auto sooner = [&](support::duration wait) { soonest = std::min(soonest.value_or(wait), wait); };
    if (const auto late = next_late_heir())
    {
        sooner(*late);
    }
    for (std::size_t i = 0; i < views_.size(); ++i)
    {
        const view& each = views_[i];
        if (each.held_back && each.held_back->until)
        {
            sooner(*each.held_back->until - w_.now);
        }
        if (each.object->deleting)
        {
            slow = slow || settled_.requests[i].kept_as_last;
            continue;
        }
        const auto* seen = certificate_of(each);
        const bool usable = seen != nullptr && *seen && (*seen)->usable;
        if (unanswered(each))
        {
            return ended(requeue::retry);
        }
        if (seen != nullptr && !usable)
        {
            sooner(std::max<support::duration>(next_look(each) - w_.now, 1ms));
        }
        if (is_quarantined(each) && w_.now < each.memory->quarantine->until)
        {
            sooner(each.memory->quarantine->until - w_.now);
        }
        if (usable && (*seen)->expires_at && *(*seen)->expires_at > w_.wall)
        {
            sooner(std::min<support::duration>(s_.resync_period, *(*seen)->expires_at - w_.wall));
        }
    }
    if (slow)
    {
        return ended(requeue::slow, soonest.value_or(support::duration{}));
    }
    if (soonest && *soonest < s_.resync_period)
    {
        return ended(requeue::poll, *soonest);
    }
    return ended(requeue::resync);
}

step planner::write_then(done end)
{
    commit made;
    for (view& each : views_)
    {
        if (w_.unwritable.contains(each.object->uid))
        {
            continue;
        }
        if (auto needed = write_for(each))
        {
            made.writes.push_back(std::move(*needed));
        }
    }
    return made.writes.empty() ? step(end) : step(std::move(made));
}

std::optional<write> planner::write_for(const view& each) const
{
    const certificate_binding& object = *each.object;
    if (each.release)
    {
        return write{object.uid, write_kind::remove_finalizer, {}};
    }
    if (!each.next.attachments.empty() && !object.has_finalizer())
    {
        return write{object.uid, write_kind::add_finalizer, {}};
    }
    status wanted = render(object, each.said, each.next, *each.memory, w_.wall);
    // A ledger that only looks like ours is written over with the same, so that `held` is what a PUT goes by.
    if (says_the_same(wanted, object.status) && each.memory->held == each.next)
    {
        return std::nullopt;
    }
    return write{object.uid, write_kind::status, std::move(wanted)};
}

void planner::say(view& each, reason why, std::string message)
{
    const bool waits_for_people = why == reason::last_certificate || why == reason::credentials_missing;
    if (each.object->deleting && !waits_for_people)
    {
        why = reason::detaching;
    }
    each.said.reason = why;
    each.said.message = std::move(message);
    each.said.keep_status = false;
    each.said.within_grace_period = false;
}

reason planner::progress_reason(const view& each)
{
    return each.object->deleting ? reason::detaching : reason::progressing;
}

reason planner::busy_reason(const view& each)
{
    return each.object->deleting ? reason::detaching : reason::load_balancer_busy;
}

bool planner::says(const view& each, reason why)
{
    const condition& ready = each.object->status[condition_type::ready];
    return ready.reason == why && ready.observed_generation == each.object->generation;
}

bool planner::mentions_unconfirmed(const view& each) const
{
    return std::ranges::any_of(each.next.attachments, [](const attachment& entry) {
        return !entry.confirmed;
    });
}

bool planner::any_live() const
{
    return std::ranges::any_of(views_, [](const view& each) { return !each.object->deleting; });
}

void planner::tell(const certificate_binding& object, bool warning, std::string reason, std::string message)
{
    const bool told = std::ranges::any_of(notices_, [&](const notice& each) {
        return each.uid == object.uid && each.reason == reason && each.message == message;
    });
    if (!told)
    {
        notices_.push_back({object.uid, warning, std::move(reason), std::move(message)});
    }
}

void planner::tell_all(const std::string& reason, const std::string& message)
{
    for (const view& each : views_)
    {
        if (mentions(each.next, message))
        {
            tell(*each.object, true, reason, message);
        }
    }
}

bool planner::mentions(const ledger& held, std::string_view message)
{
    return std::ranges::any_of(held.attachments, [&](const attachment& entry) {
        return message.find(entry.container_ref.view()) != std::string_view::npos;
    });
}

std::string planner::refs_text(const ledger& held)
{
    std::vector<std::string> refs;
    for (const attachment& each : held.attachments)
    {
        refs.push_back(each.container_ref.str());
    }
    return support::joined(refs);
}

support::duration planner::poll_wait(int polls, support::duration most)
{
    support::duration wait = 100ms;
    for (int i = 0; i < polls && wait < most; ++i)
    {
        wait += wait / 2;
    }
    return std::min(wait, most);
}

}  // namespace binding
