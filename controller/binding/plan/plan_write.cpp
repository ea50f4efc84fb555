// The way to the one PUT: write-ahead, freshness.
#include "binding/observed/target_state.hpp"
#include "binding/plan/planner.hpp"

#include <algorithm>
#include <utility>

namespace binding {

using namespace std::chrono_literals;

std::optional<step> planner::write_listener()
{
    const bool repeat = must_repeat();
    if (!changes() && !repeat && !m_.cleanup_requested)
    {
        return std::nullopt;
    }
    if (balancer_ == cloud::provisioning_status::pending)
    {
        if (!changes() && !repeat)
        {
            return std::nullopt;
        }
        // Behind a change of our own there is a queue; looking for a gap instead, one could miss each.
        return w_.turn == turn_state::taken
                   ? wait_for_turn()
                   : wait_for_load_balancer(reason::load_balancer_busy, poll_wait(m_.busy_polls));
    }
    const bool deleted = listener_->status == cloud::provisioning_status::deleted;
    if (balancer_ != cloud::provisioning_status::active || deleted)
    {
        return std::nullopt;  // conclude_verified names it
    }
    if (m_.blocked && w_.now < m_.blocked->until)
    {
        return blocked(m_.blocked->message, requeue::after, m_.blocked->until - w_.now);
    }
    if (m_.put_error && m_.put_error->asked_at >= w_.pass_started)
    {
        const cloud::error& error = m_.put_error->value;
        return error.kind == cloud::failure::refused ? stop_after_refusal() : stop_after_put(error);
    }
    if (m_.unanswered && w_.now < m_.unanswered->until)
    {
        for_affected([&](view& each) { say(each, reason::cloud_unavailable, m_.unanswered->message); });
        return write_then(ended(requeue::after, m_.unanswered->until - w_.now));
    }
    if (w_.turn_is_wanted && (w_.put_ended || put_resolved_))
    {
        for_affected([](view&) {});
        return write_then(ended(requeue::after, 10ms));
    }
    if (m_.first_arrival && w_.now < quiet_at(m_, s_))
    {
        return ended(requeue::settle, quiet_at(m_, s_) - w_.now);
    }
    if (repeat && m_.next_error_put && w_.now < *m_.next_error_put)
    {
        say_of_listener_error();
        return write_then(ended(requeue::after, *m_.next_error_put - w_.now));
    }
    if (auto made = wait_until_peers_have_read())
    {
        return made;
    }
    if (w_.turn == turn_state::taken)
    {
        return wait_for_turn();
    }
    if (w_.turn == turn_state::free)
    {
        return take_turn{};
    }
    if (auto made = keep_off_dead_refs())
    {
        return made;
    }
    if (!changes() && !repeat)
    {
        return std::nullopt;  // asked to let go of dead refs, and holds none
    }
    if (auto made = stop_at_what_is_not_ours_to_send())
    {
        return made;
    }
    if (auto made = commit_ahead())
    {
        return made;
    }
    if (auto made = check_again())
    {
        return made;
    }
    return send(repeat);
}

step planner::wait_for_turn()
{
    for_affected([](view&) {});
    return write_then(ended(requeue::turn));
}

step planner::stop_after_put(const cloud::error& error)
{
    const reason why =
        error.kind == cloud::failure::busy
            ? reason::load_balancer_busy
            : reason_of(error.kind, reason::listener_not_found, reason::listener_access_denied);
    for_affected([&](view& each) { say(each, why, error.message); });
    if (error.retry_after)
    {
        return write_then(ended(requeue::retry, *error.retry_after));
    }
    const bool passes = why == reason::load_balancer_busy || why == reason::cloud_unavailable;
    return write_then(ended(passes ? requeue::retry : requeue::slow));
}

step planner::stop_after_refusal()
{
    for_affected([](view&) {});
    return write_then(ended(requeue::after, 10ms));
}

std::optional<step> planner::commit_ahead()
{
    for (std::size_t i = 0; i < views_.size(); ++i)
    {
        if (w_.unwritable.contains(views_[i].object->uid) && loses_entry(i))
        {
            for_affected([](view&) {});  // what cannot be committed now cannot be done now
            return write_then(ended(requeue::retry));
        }
    }
    commit made;
    for (std::size_t i = 0; i < views_.size(); ++i)
    {
        view& each = views_[i];
        if (w_.unwritable.contains(each.object->uid))
        {
            continue;
        }
        if (affected(i))
        {
            each.next = ahead(i);
        }
        else
        {
            conclude_one(i);
        }
        if (auto needed = write_for(each))
        {
            const bool ledger_moves =
                each.next != each.object->status.ledger || each.next != each.memory->held;
            if (ledger_moves || needed->kind == write_kind::add_finalizer)
            {
                made.writes.push_back(std::move(*needed));
            }
        }
    }
    for (const peer& each : w_.peers)
    {
        if (auto needed = ahead_of(each))
        {
            if (w_.unwritable.contains(each.object->uid))
            {
                for_affected([](view&) {});
                return write_then(ended(requeue::retry));
            }
            made.writes.push_back(std::move(*needed));
        }
    }
    return made.writes.empty() ? std::nullopt : std::optional<step>(std::move(made));
}

std::optional<write> planner::ahead_of(const peer& each) const
{
    const ledger held = each.memory->held.value_or(each.object->status.ledger);
    status wanted = each.object->status;
    wanted.ledger = held;
    for (attachment& entry : wanted.ledger.attachments)
    {
        entry.confirmed = entry.confirmed && !goes(entry);
    }
    if (wanted.ledger == held || was_refused_to_write())
    {
        return std::nullopt;
    }
    wanted.updated_at = w_.wall;
    return write{each.object->uid, write_kind::status, std::move(wanted)};
}

bool planner::was_refused_to_write() const
{
    const auto says_so = [](const view& each) { return says(each, reason::listener_access_denied); };
    return !m_.may_write.value_or(std::ranges::none_of(views_, says_so));
}

bool planner::loses_entry(std::size_t i) const
{
    return !views_[i].release &&
           std::ranges::any_of(requests_[i].held.attachments, [&](const auto& entry) { return goes(entry); });
}

bool planner::goes(const attachment& entry) const
{
    return !holds(settled_.after, entry.container_ref, entry.slot) && shows(entry.container_ref, entry.slot);
}

std::optional<step> planner::check_again()
{
    read asked;
    asked.listener = w_.committed_at && m_.listener->asked_at < *w_.committed_at;
    for (std::size_t i = 0; i < views_.size(); ++i)
    {
        if (adds(i) && !is_fresh_certificate(views_[i].memory->certificate->asked_at))
        {
            asked.certificates.push_back(views_[i].object->uid);
        }
    }
    if (asked.listener || !asked.certificates.empty())
    {
        return asked;
    }
    return std::nullopt;
}

step planner::send(bool repeat)
{
    put made;
    made.change = settled_.change;
    made.from = now_;
    made.expected = settled_.after;
    if (repeat)
    {
        repeat_unconfirmed(made.change);
    }
    for (std::size_t i = 0; i < views_.size(); ++i)
    {
        if (adds(i))
        {
            const certificate_binding& object = *views_[i].object;
            made.adds.push_back(
                {object.uid, object.spec.certificate_id, object.wanted_slot(), *requests_[i].ref}
            );
        }
    }
    tell_of_default();
    return made;
}

bool planner::is_fresh_certificate(support::time_point asked_at) const
{
    return w_.now - asked_at <= std::max(s_.fresh_certificate, 2 * w_.longest_certificate_read);
}

bool planner::must_repeat() const
{
    return listener_->status == cloud::provisioning_status::error &&
           balancer_ == cloud::provisioning_status::active &&
           std::ranges::any_of(requests_, [](const slot_request& each) {
               return !each.released && !each.elsewhere &&
                      std::ranges::any_of(each.held.attachments, [](const attachment& entry) {
                          return !entry.confirmed;
                      });
           });
}

void planner::repeat_unconfirmed(cloud::listener_change& change) const
{
    for (const slot_request& each : requests_)
    {
        for (const attachment& entry : each.held.attachments)
        {
            if (entry.confirmed || each.released || each.elsewhere)
            {
                continue;
            }
            if (entry.slot == slot::default_)
            {
                change.default_ref = settled_.after.default_ref;
            }
            else
            {
                change.sni_refs = settled_.after.sni_refs;
            }
        }
    }
}

step planner::blocked(std::string message, requeue next, support::duration wait)
{
    for_affected([&](view& each) { say(each, reason::blocked_by_unreadable_ref, message); });
    return write_then(ended(next, wait));
}

void planner::say_of_listener_error()
{
    for (std::size_t i = 0; i < views_.size(); ++i)
    {
        if (settled_.requests[i].shown || affected(i))
        {
            say(views_[i],
                reason::listener_error,
                "the listener is in ERROR after a change of ours; the change is sent again");
        }
    }
}

std::size_t planner::whose_default() const
{
    for (std::size_t i = 0; i < views_.size(); ++i)
    {
        const bool takes = adds(i) && !views_[i].object->spec.sni;
        const auto& removed = settled_.requests[i].removed;
        const bool leaves = std::ranges::find(removed, slot::default_, &attachment::slot) != removed.end();
        if (settled_.default_ref == default_end::ours ? takes : leaves)
        {
            return i;
        }
    }
    return 0;
}

void planner::tell_of_default()
{
    if (views_.empty() || settled_.default_ref == default_end::unchanged)
    {
        return;
    }
    const certificate_binding& whose = *views_[whose_default()].object;
    switch (settled_.default_ref)
    {
        case default_end::restored:
            tell(
                whose,
                false,
                "DefaultRestored",
                "the default certificate from before goes back: " + settled_.restored_ref.str()
            );
            break;
        case default_end::ours:
            if (now_.default_ref && !is_ours_in(*now_.default_ref, slot::default_))
            {
                tell(
                    whose,
                    false,
                    "DefaultReplaced",
                    "replaces the default certificate " + now_.default_ref->str() +
                        "; it goes back when no binding wants the slot, if it can be read then"
                );
            }
            break;
        case default_end::unchanged:
            break;
    }
}

}  // namespace binding
