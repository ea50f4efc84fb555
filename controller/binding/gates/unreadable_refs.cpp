// Flow:
//   1. Every ref that stays on the listener is looked up.
//   2. No answer: wait. One 404: wait for the second, which proves the ref dead.
//   3. A dead ref of ours is left out of the same PUT. Any other dead ref stops the PUT and is named.
//   4. The refs on the other listeners of the load balancer are judged the same way.
// Guarantees (readable-before-write): no PUT is sent over a dead ref. A dead ref of ours is left out only if
// the cloud and project answer 404 that it was attached through, and not if half of our refs look dead at
// once.
// Assumptions: the certificates that the PUT adds are not looked up again, because the plan reads them once
//   more before the PUT if their answers are too old (outdated_answers in plan/plan).
// Caveats: a target that was asked to clean up asks no other target, because two targets would ask each other
// for ever.
#include "binding/gates/unreadable_refs.hpp"

#include "binding/gates/peer_credentials.hpp"
#include "binding/slots/ledger.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace binding {
namespace {

using namespace std::chrono_literals;

using gate = std::optional<shut_write_gate>;
using refs = std::vector<cloud::container_ref>;

std::string joined(const refs& refs)
{
    std::vector<std::string> texts;
    std::ranges::transform(refs, std::back_inserter(texts), &cloud::container_ref::str);
    return support::joined(texts);
}

// The refs that the listener would hold, without those that the PUT adds, because their certificates are read
// for themselves.
refs kept_refs(const listener_update& update)
{
    const cloud::listener& listener = *update.view.listener;
    refs kept = update.slots.after.sni_refs;
    for (const auto& ref : {update.slots.after.default_ref, listener.client_ca_ref, listener.client_crl_ref})
    {
        if (ref)
        {
            kept.push_back(*ref);
        }
    }
    std::erase_if(kept, [&](const cloud::container_ref& ref) {
        return std::ranges::any_of(update.members, [&](const member& member) {
            return member.adds() && *member.request.ref == ref;
        });
    });
    return kept;
}

struct sorted_refs
{
    refs unread;
    refs unanswered;
    refs suspects;  // answered 404 once
    refs dead;
};

sorted_refs sorted_by_answer(const observation& observation, const refs& kept)
{
    sorted_refs sorted;
    for (const cloud::container_ref& ref : kept)
    {
        const ref_observation* answer = fresh_ref(observation, ref);
        if (answer == nullptr)
        {
            sorted.unread.push_back(ref);
        }
        else if (answer->state == cloud::ref_state::unanswered)
        {
            sorted.unanswered.push_back(ref);
        }
        else if (answer->state == cloud::ref_state::dead)
        {
            (is_dead(observation, *answer) ? sorted.dead : sorted.suspects).push_back(ref);
        }
    }
    return sorted;
}

bool knows_other_listeners(const observation& observation)
{
    return observation.other_listeners && is_fresh_lookup(observation, observation.other_listeners->asked_at);
}

// The load balancer lists its listeners, and a listener may have come since an old list.
void ask_for_other_listeners(const observation& observation, read& wanted)
{
    const bool has_list = is_fresh_lookup(observation, observation.state->answers.load_balancer->asked_at);
    wanted.load_balancer = !has_list;
    wanted.other_listeners = has_list;
}

// If the certificate service does not answer the controller, Octavia's worker cannot read the certificates
// either.
wait wait_for_answer(const refs& unanswered)
{
    return {{requeue::retry}, reason::cloud_unavailable, no_answer_about(unanswered)};
}

wait wait_for_proof(const observation& observation, const refs& suspects)
{
    const support::duration proof = observation.settings->proof;
    support::duration soonest = proof;
    for (const cloud::container_ref& ref : suspects)
    {
        const auto since = observation.state->answers.refs.at(ref).dead_since.value_or(observation.now);
        const support::duration left = since + proof - observation.now;
        soonest = std::min(soonest, std::max<support::duration>(left, 10ms));
    }
    return {
        {requeue::after, soonest},
        reason::progressing,
        "the certificate service answered 404 for " + joined(suspects) +
            "; asking once more before the listener is changed"
    };
}

// The ref is ours, and was attached through the cloud and project that answer 404 for it.
bool may_be_left_out(const listener_update& update, const cloud::container_ref& ref)
{
    return std::ranges::any_of(update.members, [&](const member& member) {
        const bool has_entry =
            holds(member.held(), ref, slot::default_) || holds(member.held(), ref, slot::sni);
        return !member.request.left_in_place && has_entry &&
               same_cloud(member.held().scope, update.view.scope);
    });
}

// The stop for dead refs that this target may not remove.
wait stop_for_dead_refs(const listener_update& update, const refs& dead)
{
    const bool may_ask = !update.observation.state->cleanup_requested;
    std::vector<target> asked;
    std::vector<std::string> named;
    for (const cloud::container_ref& ref : dead)
    {
        std::string name = ref.str();
        if (const peer* owner = peer_that_holds(update.observation, ref))
        {
            name += " of binding " + owner->object->full_name();
            if (may_ask)
            {
                asked.push_back(owner->target);
            }
        }
        named.push_back(std::move(name));
    }
    return blocked(
        "the listener holds " + support::joined(named) +
            ", which the certificate service answers 404 for; Octavia would stop serving the whole listener "
            "at the next change. Replace or remove the certificate on the listener (if it was attached "
            "through another project, put the credential of that project back)",
        {asked.empty() ? requeue::slow : requeue::retry, {}, asked}
    );
}

// How many different refs of ours the listener shows. A peer's ref counts if it was attached through the same
// cloud and project, because only then a 404 through this credential says that it is dead.
std::size_t own_refs_shown(const listener_update& update)
{
    std::set<cloud::container_ref> shown;
    for (const member& member : update.members)
    {
        const bool counts = !member.request.left_in_place &&
                            (!member.is_peer() || same_cloud(member.held().scope, update.view.scope));
        for (const attachment& entry : member.held().attachments)
        {
            if (counts && update.view.shows(entry.container_ref, entry.slot))
            {
                shown.insert(entry.container_ref);
            }
        }
    }
    return shown.size();
}

// Shut if half or more of three or more refs look dead, because a wrong endpoint is the likely cause.
gate too_many_dead(const listener_update& update, const std::set<cloud::container_ref>& dead)
{
    const auto& check = update.observation.endpoint_check;
    if (!check)
    {
        return read{.endpoint_check = true};
    }
    const std::size_t held = own_refs_shown(update) + check->looked_up;
    const std::size_t look_dead = dead.size() + check->dead;
    if (held < 3 || look_dead * 2 < held)
    {
        return std::nullopt;
    }
    return blocked(
        std::to_string(look_dead) + " of " + std::to_string(held) +
            " of the controller's certificates look deleted at once, so nothing is removed: " +
            joined({dead.begin(), dead.end()}) +
            ". Check the key-manager endpoint of the catalog, or restore them",
        {requeue::slow}
    );
}

gate dead_refs(const listener_update& update, refs found_dead)
{
    const auto& left_out = update.left_out;
    refs immovable;
    std::ranges::copy_if(found_dead, std::back_inserter(immovable), [&](const cloud::container_ref& ref) {
        return left_out.contains(ref) || !may_be_left_out(update, ref);
    });
    if (!immovable.empty())
    {
        return stop_for_dead_refs(update, immovable);
    }
    std::set<cloud::container_ref> dead = left_out;
    dead.insert(found_dead.begin(), found_dead.end());
    if (auto shut = too_many_dead(update, dead))
    {
        return shut;
    }
    return leave_out{std::move(found_dead)};
}

}  // namespace

wait blocked(std::string message, done end)
{
    return {std::move(end), reason::blocked_by_unreadable_ref, std::move(message)};
}

std::string no_answer_about(const std::vector<cloud::container_ref>& refs)
{
    return "the certificate service gives no answer about " + joined(refs) +
           "; Octavia reads every certificate of the load balancer again after a change, and would stop "
           "serving a listener with a certificate that it cannot read";
}

std::optional<shut_write_gate> unreadable_refs(const listener_update& update)
{
    sorted_refs sorted = sorted_by_answer(update.observation, kept_refs(update));
    if (!sorted.unread.empty())
    {
        read wanted{.refs = std::move(sorted.unread)};
        if (!knows_other_listeners(update.observation))
        {
            // The other listeners are read at the same time; their gate judges them.
            ask_for_other_listeners(update.observation, wanted);
        }
        return wanted;
    }
    if (!sorted.unanswered.empty())
    {
        return wait_for_answer(sorted.unanswered);
    }
    if (!sorted.suspects.empty())
    {
        return wait_for_proof(update.observation, sorted.suspects);
    }
    return sorted.dead.empty() ? std::nullopt : dead_refs(update, std::move(sorted.dead));
}

std::optional<shut_write_gate> refused_refs_that_stay(const listener_update& update)
{
    const observation& observation = update.observation;
    const auto& refused_refs = observation.state->refusals.refused_refs;
    refs unreadable;
    const refused_ref* latest = nullptr;  // the readable ref with the longest wait
    for (const cloud::container_ref& ref : kept_refs(update))
    {
        const auto it = refused_refs.find(ref);
        if (it == refused_refs.end())
        {
            continue;
        }
        if (fresh_ref(observation, ref)->state != cloud::ref_state::readable)
        {
            unreadable.push_back(ref);
        }
        else if (observation.now < it->second.until &&
                 (latest == nullptr || latest->until < it->second.until))
        {
            latest = &it->second;
        }
    }
    if (!unreadable.empty())
    {
        return blocked(
            "Octavia refuses every change of the listener because of " + joined(unreadable) +
                ", which the controller cannot read either. Replace or remove the certificate on the "
                "listener, or let the credential and Octavia read it",
            {requeue::slow}
        );
    }
    if (latest == nullptr)
    {
        return std::nullopt;
    }
    const done end{requeue::after, latest->until - observation.now};
    return latest->lasting ? blocked(latest->message, end)
                           : wait{end, reason::cloud_unavailable, latest->message};
}

std::optional<shut_write_gate> unreadable_refs_on_other_listeners(const listener_update& update)
{
    const observation& observation = update.observation;
    if (!knows_other_listeners(observation))
    {
        read wanted;
        ask_for_other_listeners(observation, wanted);
        return wanted;
    }
    const bool asked_to_clean_up = observation.state->cleanup_requested;
    std::vector<target> asked;
    std::string dead;
    std::string doubts;
    const auto append = [](std::string& to, const other_listener& other, const std::string& fault) {
        to += (to.empty() ? "listener " : "; listener ") + other.listener.str() + " " + fault;
    };
    for (const other_listener& other : observation.other_listeners->value)
    {
        if (!other.doubt.empty())
        {
            append(doubts, other, other.doubt);
        }
        // A target that asked this one to clean up writes after it. If this one waited too, both would for
        // ever.
        if (other.dead_ref.empty() || (other.ours && asked_to_clean_up))
        {
            continue;
        }
        append(dead, other, "holds " + other.dead_ref.str());
        if (other.ours)
        {
            std::ranges::copy(other.targets, std::back_inserter(asked));
        }
    }
    if (!dead.empty())
    {
        return blocked(
            "Octavia would stop serving another listener of the load balancer at the next change: " + dead +
                ", which does not exist any more. Replace or remove the certificate there",
            {asked.empty() ? requeue::slow : requeue::retry, {}, asked}
        );
    }
    if (!doubts.empty())
    {
        return wait{
            {requeue::after, observation.settings->proof},
            reason::progressing,
            "the other listeners of the load balancer have to be known before a change: " + doubts
        };
    }
    return std::nullopt;
}

}  // namespace binding
