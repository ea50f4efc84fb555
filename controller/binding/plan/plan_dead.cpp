// Rule 4: what a PUT would leave on the listeners of the load balancer must be readable.
#include "binding/plan/planner.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace binding {

using namespace std::chrono_literals;

namespace {

std::vector<std::string> spelled(const std::vector<cloud::container_ref>& refs)
{
    std::vector<std::string> texts;
    std::ranges::transform(refs, std::back_inserter(texts), &cloud::container_ref::str);
    return texts;
}

}  // namespace

std::optional<step> planner::keep_off_dead_refs()
{
    std::set<cloud::container_ref> dead;
    for (;;)
    {
        read asked;
        std::vector<cloud::container_ref> unanswered;
        std::vector<cloud::container_ref> suspects;
        std::vector<cloud::container_ref> found_dead;
        for (const cloud::container_ref& ref : refs_afterwards())
        {
            const ref_observation* seen = fresh_observation(ref);
            if (seen == nullptr)
            {
                asked.refs.push_back(ref);
            }
            else if (seen->state == cloud::ref_state::unanswered)
            {
                unanswered.push_back(ref);
            }
            else if (seen->state == cloud::ref_state::dead)
            {
                (is_dead(*seen) ? found_dead : suspects).push_back(ref);
            }
        }
        if (!asked.refs.empty())
        {
            asked.other_listeners =
                !knows_other_listeners();  // at the same time; check_neighbours() judges them
            return asked;
        }
        if (!unanswered.empty())
        {
            return wait_for_answer_about(unanswered);
        }
        if (!suspects.empty())
        {
            return look_at_suspects(suspects);
        }
        if (found_dead.empty())
        {
            break;
        }
        if (auto stopped = leave_out(found_dead, dead))
        {
            return stopped;
        }
    }
    if (auto stopped = stop_for_named())
    {
        return stopped;
    }
    return check_other_listeners();
}

std::optional<step> planner::stop_for_named()
{
    std::vector<cloud::container_ref> unreadable;
    const refused_ref* readable = nullptr;
    for (const cloud::container_ref& ref : refs_afterwards())
    {
        const auto named = m_.refused_refs.find(ref);
        if (named == m_.refused_refs.end())
        {
            continue;
        }
        if (fresh_observation(ref)->state != cloud::ref_state::readable)
        {
            unreadable.push_back(ref);
        }
        else if (w_.now < named->second.until &&
                 (readable == nullptr || readable->until < named->second.until))
        {
            readable = &named->second;
        }
    }
    if (!unreadable.empty())
    {
        return blocked(
            "Octavia refuses every change of the listener for " + support::joined(spelled(unreadable)) +
                ", which the controller cannot read either: replace or remove it on the listener, or let "
                "both read it",
            requeue::slow
        );
    }
    if (readable == nullptr)
    {
        return std::nullopt;
    }
    const auto wait = readable->until - w_.now;
    if (readable->lasting)
    {
        return blocked(readable->message, requeue::after, wait);
    }
    for_affected([&](view& each) { say(each, reason::cloud_unavailable, readable->message); });
    return write_then(ended(requeue::after, wait));
}

std::optional<step> planner::leave_out(
    const std::vector<cloud::container_ref>& found_dead, std::set<cloud::container_ref>& dead
)
{
    std::vector<cloud::container_ref> immovable;
    for (const cloud::container_ref& ref : found_dead)
    {
        if (!dead.contains(ref) && may_let_go(ref))
        {
            dead.insert(ref);
        }
        else
        {
            immovable.push_back(ref);
        }
    }
    if (!immovable.empty())
    {
        return stop_for_dead(immovable);
    }
    if (!w_.endpoint_check)
    {
        read asked;
        asked.endpoint_check = true;
        return asked;
    }
    const std::size_t held = ours_afterwards() + w_.endpoint_check->looked_up;
    const std::size_t look_dead = dead.size() + w_.endpoint_check->dead;
    if (held >= 3 && look_dead * 2 >= held)
    {
        return blocked(
            std::to_string(look_dead) + " of " + std::to_string(held) +
                " certificates of ours look deleted at once; that is rather a wrong key-manager "
                "endpoint, so "
                "nothing is removed: " +
                support::joined(spelled(found_dead)),
            requeue::slow
        );
    }
    for (const cloud::container_ref& ref : found_dead)
    {
        tell_all(
            "DeadRefRemoved", "left out of the listener because it does not exist any more: " + ref.str()
        );
    }
    if (auto asked = settle_with(dead))
    {
        return asked;
    }
    first_statuses();
    return std::nullopt;
}

step planner::stop_for_dead(const std::vector<cloud::container_ref>& refs)
{
    std::vector<std::string> named;
    std::vector<target> request_cleanup;
    for (const cloud::container_ref& ref : refs)
    {
        named.push_back(ref.str());
        const peer* on_sni = peer_that_holds(ref, slot::sni);
        if (const peer* owner = on_sni != nullptr ? on_sni : peer_that_holds(ref, slot::default_))
        {
            named.back() += " of binding " + owner->object->full_name();
            if (!m_.cleanup_requested)
            {
                request_cleanup.push_back(owner->where
                );  // one that was prodded itself prods nobody, or it never ended
            }
        }
    }
    return blocked_until_gone(
        "the listener holds " + support::joined(named) +
            ", which the certificate service answers 404 for; Octavia would stop serving the whole listener "
            "at its next change: replace or remove it there, or restore it (or, if it was attached through "
            "another project, put that credential back)",
        std::move(request_cleanup)
    );
}

step planner::blocked_until_gone(std::string message, std::vector<target> request_cleanup)
{
    step made = blocked(std::move(message), request_cleanup.empty() ? requeue::slow : requeue::retry);
    if (auto* end = std::get_if<done>(&made))
    {
        end->request_cleanup = std::move(request_cleanup);
    }
    return made;
}

std::string planner::no_answer_about(const std::vector<cloud::container_ref>& refs)
{
    return "the certificate service gives no answer about " + support::joined(spelled(refs)) +
           "; Octavia reads every certificate of the load balancer again after a change, and would stop "
           "serving "
           "the listener of one that it cannot read";
}

step planner::wait_for_answer_about(const std::vector<cloud::container_ref>& refs)
{
    for_affected([&](view& each) { say(each, reason::cloud_unavailable, no_answer_about(refs)); });
    return write_then(ended(requeue::retry));
}

step planner::look_at_suspects(const std::vector<cloud::container_ref>& suspects)
{
    support::duration wait = s_.proof;
    for (const cloud::container_ref& ref : suspects)
    {
        const auto since = m_.refs.at(ref).dead_since.value_or(w_.now);
        wait =
            std::min<support::duration>(wait, std::max<support::duration>(since + s_.proof - w_.now, 10ms));
    }
    for_affected([&](view& each) {
        say(each,
            progress_reason(each),
            "making sure whether " + support::joined(spelled(suspects)) + " still exists");
    });
    return write_then(ended(requeue::after, wait));
}

std::optional<step> planner::check_other_listeners()
{
    if (!knows_other_listeners())
    {
        read asked;
        asked.other_listeners = true;
        return asked;
    }
    std::vector<target> request_cleanup;
    std::string names;
    std::string doubts;
    for (const other_listener& each : w_.other_listeners->value)
    {
        if (!each.doubt.empty())
        {
            doubts += (doubts.empty() ? "" : "; ") + std::string("listener ") + each.target.listener.str() +
                      " " + each.doubt;
        }
        if (each.ours && m_.cleanup_requested)
        {
            continue;  // it waits for us, or we would wait for each other for ever; it goes next
        }
        if (!each.dead_ref.empty())
        {
            names += (names.empty() ? "" : "; ") + std::string("listener ") + each.target.listener.str() +
                     " holds " + each.dead_ref.str();
            if (each.ours)
            {
                request_cleanup.push_back(each.target);
            }
        }
    }
    if (!names.empty())
    {
        return blocked_until_gone(
            "another listener of the load balancer would stop being served at its next change: " + names +
                ", which does not exist any more",
            std::move(request_cleanup)
        );
    }
    if (!doubts.empty())
    {
        for_affected([&](view& each) {
            say(each, progress_reason(each), "making sure of the other listeners first: " + doubts);
        });
        return write_then(ended(requeue::after, s_.proof));
    }
    return std::nullopt;
}

std::vector<cloud::container_ref> planner::refs_afterwards() const
{
    std::vector<cloud::container_ref> refs = settled_.after.sni_refs;
    for (const auto& ref : {settled_.after.default_ref, listener_->client_ca_ref, listener_->client_crl_ref})
    {
        if (ref)
        {
            refs.push_back(*ref);
        }
    }
    std::set<cloud::container_ref> checked;
    for (std::size_t i = 0; i < requests_.size(); ++i)
    {
        if (adds(i))
        {
            checked.insert(*requests_[i].ref);
        }
    }
    std::erase_if(refs, [&](const cloud::container_ref& ref) { return checked.contains(ref); });
    return refs;
}

std::size_t planner::ours_afterwards() const
{
    std::set<cloud::container_ref> keys;
    for (const slot_request& each : requests_)
    {
        for (const attachment& entry : each.held.attachments)
        {
            if (may_judge(each) && shows(entry.container_ref, entry.slot))
            {
                keys.insert(entry.container_ref);
            }
        }
    }
    return keys.size();
}

const ref_observation* planner::fresh_observation(const cloud::container_ref& ref) const
{
    const auto found = m_.refs.find(ref);
    const bool fresh = found != m_.refs.end() && found->second.asked_at >= w_.pass_started &&
                       is_fresh_lookup(found->second.asked_at);
    return fresh ? &found->second : nullptr;
}

bool planner::knows_other_listeners() const
{
    return w_.other_listeners && is_fresh_lookup(w_.other_listeners->asked_at);
}

bool planner::is_fresh_lookup(support::time_point asked_at) const
{
    return w_.now - asked_at <= std::max(s_.fresh_lookup, 4 * w_.longest_read);
}

bool planner::is_dead(const ref_observation& seen) const
{
    return seen.state == cloud::ref_state::dead && seen.dead_since &&
           seen.asked_at - *seen.dead_since >= s_.proof;
}

}  // namespace binding
