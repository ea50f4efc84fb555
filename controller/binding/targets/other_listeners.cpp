#include "binding/targets/other_listeners.hpp"

#include "binding/slots/ledger.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace binding {
namespace {

constexpr int silence_counts_for = 3;  // times the age of a fresh look-up
constexpr std::size_t most_endpoint_checks = 32;

const ledger& believed_ledger(const pass_context& at, const target& which, const certificate_binding& object)
{
    const target_facts* known = at.state.facts_of(which);
    return known == nullptr ? object.status.ledger : believed_ledger(*known, object);
}

template <class Predicate>
bool any_entry(const pass_context& at, const target& which, Predicate is_it)
{
    return std::ranges::any_of(at.store.bindings_of(which), [&](const certificate_binding* object) {
        const ledger& held = believed_ledger(at, which, *object);
        return std::ranges::any_of(held.attachments, [&](const attachment& entry) {
            return is_it(held, entry);
        });
    });
}

bool holds_anything(const pass_context& at, const target& which)
{
    return any_entry(at, which, [](const auto&, const auto&) { return true; });
}

// Whether the ref is ours, put there through this cloud and project.
bool holds(
    const pass_context& at,
    const target& which,
    const cloud::container_ref& ref,
    const cloud::project_scope& here
)
{
    std::vector<target> of_listener = at.store.peers_of(which);
    of_listener.push_back(which);
    return std::ranges::any_of(of_listener, [&](const target& each) {
        return any_entry(at, each, [&](const ledger& held, const attachment& entry) {
            return same_cloud(held.scope, here) && entry.container_ref == ref;
        });
    });
}

// A PUT of ours to that listener may be under way, or one of an earlier process for which this process has
// not looked yet.
bool may_be_written(const pass_context& at, const target& which, const cloud::listener& listener)
{
    const target_facts* known = at.state.facts_of(which);
    if (known == nullptr || known->bindings.empty())
    {
        return any_entry(at, which, [](const auto&, const attachment& entry) { return !entry.confirmed; });
    }
    const auto refs = static_cast<std::int64_t>(listener.sni_refs.size() + (listener.default_ref ? 1 : 0));
    const auto& put = known->puts.under_way;
    const bool uncounted = put && put->phase == put_phase::before_start && !put->refs_counted;
    const auto more = uncounted ? at.settings.per_ref * refs : support::duration::zero();
    return put && at.now < put->deadline + more;
}

}  // namespace

std::vector<target> listeners_to_read(
    const pass_context& at, const target& here, const support::uuid& load_balancer
)
{
    std::vector<target> others;
    for (const target& other : at.store.targets())
    {
        const bool same_cloud = other.identity == here.identity || other.identity.empty();
        if (other.listener == here.listener || other.region != here.region || !same_cloud)
        {
            continue;
        }
        // Where nobody has a credential, there is something of ours only by a ledger.
        if (may_share_load_balancer(at, here, load_balancer, other) &&
            (at.credentials.of(other) || holds_anything(at, other)))
        {
            others.push_back(other);
        }
    }
    return others;
}

bool may_share_load_balancer(
    const pass_context& at, const target& here, const support::uuid& load_balancer, const target& other
)
{
    static const cloud_answers nothing;
    static const other_listener_state never;
    const target_facts* known = at.state.facts_of(other);
    const cloud_answers& its_own = known == nullptr ? nothing : known->answers;
    const target_facts& ours = *at.state.facts_of(here);
    const auto viewed = ours.other_listeners.find(other);
    const other_listener_state& seen = viewed == ours.other_listeners.end() ? never : viewed->second;
    if (const auto& id = its_own.load_balancer_id ? its_own.load_balancer_id : seen.load_balancer_id)
    {
        return *id == load_balancer;
    }
    const auto recent = [&](support::time_point asked_at, int times = 1) {
        return at.now - asked_at <= times * at.settings.fresh_lookup;
    };
    // What this credential has just been told is not there, or not for it to see, is on another load
    // balancer.
    const cloud::project_scope& scope = *ours.answers.scope->value;
    const bool told_its_own_pass = other.credential == here.credential && its_own.listener &&
                                   !its_own.listener->value && is_refusal(its_own.listener->value.error()) &&
                                   recent(its_own.listener->asked_at) && its_own.scope &&
                                   its_own.scope->value == scope;
    const bool told_us = seen.refused_in == scope && recent(seen.asked_at);
    // A listener whose reads time out is skipped: its own pass keeps retrying, and without a ledger entry
    // there is nothing of ours on it that could be dead.
    const bool silent = (seen.timed_out && recent(seen.asked_at)) ||
                        (its_own.timed_out_at && recent(*its_own.timed_out_at, silence_counts_for));
    return !told_its_own_pass && !told_us && (!silent || holds_anything(at, other));
}

judged_listener judge_listener(
    const pass_context& at,
    const target& here,
    const support::uuid& load_balancer,
    const target& other,
    const cloud::answer<cloud::listener>& answer
)
{
    judged_listener judged;
    judged.seen.target = other;
    if (!answer)
    {
        // One that was never read and has no entry of ours has no dead ref of ours either.
        const target_facts* known = at.state.facts_of(other);
        const bool was_read = at.state.facts_of(here)->other_listeners.at(other).load_balancer_id ||
                              (known != nullptr && known->answers.load_balancer_id);
        if (passes(answer.error()) && (was_read || holds_anything(at, other)))
        {
            judged.seen.doubt = "cannot be read: " + answer.error().message;
        }
        return judged;
    }
    if (answer->load_balancer_id != load_balancer)
    {
        return judged;
    }
    if (may_be_written(at, other, *answer))
    {
        judged.seen.doubt = "is being changed";
    }
    judged.refs = answer->sni_refs;
    for (const auto& ref : {answer->default_ref, answer->client_ca_ref, answer->client_crl_ref})
    {
        if (ref)
        {
            judged.refs.push_back(*ref);
        }
    }
    return judged;
}

void judge_refs(const pass_context& at, const target& here, judged_listener& listener)
{
    const target_facts& ours = *at.state.facts_of(here);
    other_listener& seen = listener.seen;
    const auto view = ours.other_listeners.find(seen.target);
    if (view == ours.other_listeners.end())
    {
        return;  // it was not read
    }
    const auto& observations = view->second.refs;
    for (const cloud::container_ref& ref : listener.refs)
    {
        const auto known = observations.find(ref);
        if (known != observations.end() && known->second.state == cloud::ref_state::unanswered)
        {
            seen.doubt = "holds " + ref.str() + ", about which the certificate service gives no answer now";
        }
        if (known == observations.end() || known->second.state != cloud::ref_state::dead)
        {
            continue;
        }
        if (known->second.asked_at - *known->second.dead_since < at.settings.proof)
        {
            seen.doubt = "may hold a certificate that does not exist any more: " + ref.str();
            continue;
        }
        const bool is_ours =
            listener.refs.size() > 1 && holds(at, seen.target, ref, *ours.answers.scope->value);
        if (seen.dead_ref.empty() || !is_ours)  // one that its target cannot let go of counts first
        {
            seen.dead_ref = ref;
            seen.ours = is_ours;
        }
    }
}

bool is_certain(cloud::ref_state state)
{
    return state == cloud::ref_state::readable || state == cloud::ref_state::dead;
}

std::vector<cloud::container_ref> refs_for_endpoint_check(const pass_context& at, const target& here)
{
    const cloud::project_scope scope = *at.state.facts_of(here)->answers.scope->value;
    std::set<cloud::container_ref> known;
    for (const certificate_binding* object : at.store.bindings_of(here))
    {
        for (const attachment& entry : believed_ledger(at, here, *object).attachments)
        {
            known.insert(entry.container_ref);
        }
    }
    std::vector<cloud::container_ref> refs;
    for (const target& other : at.store.targets())
    {
        if (other == here || other.region != here.region || other.credential != here.credential)
        {
            continue;
        }
        for (const certificate_binding* object : at.store.bindings_of(other))
        {
            const ledger& held = believed_ledger(at, other, *object);
            for (const attachment& entry : held.attachments)
            {
                const bool counts =
                    entry.confirmed && refs.size() < most_endpoint_checks && same_cloud(held.scope, scope);
                if (counts && known.insert(entry.container_ref).second)
                {
                    refs.push_back(entry.container_ref);
                }
            }
        }
        if (refs.size() >= most_endpoint_checks)
        {
            break;
        }
    }
    return refs;
}

endpoint_check judge_endpoint(const std::vector<cloud::ref_state>& states)
{
    return {
        static_cast<std::size_t>(std::ranges::count_if(states, is_certain)),
        static_cast<std::size_t>(std::ranges::count(states, cloud::ref_state::dead)),
    };
}

}  // namespace binding
