#include "binding/targets/other_listeners.hpp"

#include "binding/slots/ledger.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace binding {
namespace {

constexpr int silence_counts_for = 3;  // times the age of a fresh look-up
constexpr std::size_t most_endpoint_checks = 32;

const ledger& believed_ledger(
    const target_context& at, const target& which, const certificate_binding& object
)
{
    const target_facts* known = at.state.facts_of(which);
    return known == nullptr ? object.status.ledger : believed_ledger(*known, object);
}

template <class Predicate>
bool any_entry(const target_context& at, const target& which, Predicate is_it)
{
    return std::ranges::any_of(at.store.bindings_of(which), [&](const certificate_binding* object) {
        const ledger& held = believed_ledger(at, which, *object);
        return std::ranges::any_of(held.attachments, [&](const attachment& entry) {
            return is_it(held, entry);
        });
    });
}

bool holds_anything(const target_context& at, const target& which)
{
    return any_entry(at, which, [](const auto&, const auto&) { return true; });
}

// The ref is in a ledger of the listener that was written in this cloud and project.
bool holds(
    const target_context& at,
    const target& which,
    const cloud::container_ref& ref,
    const cloud::project_scope& here
)
{
    std::vector<target> of_listener = at.store.peers_of(which);
    of_listener.push_back(which);
    return std::ranges::any_of(of_listener, [&](const target& holder) {
        return any_entry(at, holder, [&](const ledger& held, const attachment& entry) {
            return same_cloud(held.scope, here) && entry.container_ref == ref;
        });
    });
}

// A PUT of ours to that listener may still take effect. A target that this process has not reconciled yet is
// judged by its ledgers, because the PUT may be of an earlier process.
bool may_be_written(const target_context& at, const target& which, const cloud::listener& listener)
{
    const target_facts* known = at.state.facts_of(which);
    if (known == nullptr || known->bindings.empty())
    {
        return any_entry(at, which, [](const auto&, const attachment& entry) { return !entry.confirmed; });
    }
    const auto& put = known->puts.under_way;
    return put && at.now < last_effect(*put, at.settings, count_refs(listener));
}

// The reads of another target's listener: by its own passes, and by those of this target.
struct other_reads
{
    const cloud_answers& by_itself;
    const other_listener_state& by_us;
};

other_reads reads_of(const target_context& at, const target& here, const target& other)
{
    static const cloud_answers no_answers;
    static const other_listener_state never_read;
    const target_facts* known = at.state.facts_of(other);
    const auto& ours = at.state.facts_of(here)->other_listeners;
    const auto it = ours.find(other);
    return {known == nullptr ? no_answers : known->answers, it == ours.end() ? never_read : it->second};
}

std::optional<support::uuid> known_load_balancer(const other_reads& reads)
{
    return reads.by_itself.load_balancer_id ? reads.by_itself.load_balancer_id : reads.by_us.load_balancer_id;
}

bool is_recent(const target_context& at, support::time_point asked_at, int times = 1)
{
    return at.now - asked_at <= times * at.settings.fresh_lookup;
}

// The listener does not exist in the cloud and project of this target, or is not for its credential to read.
// Then the listener is on another load balancer.
bool is_refused_here(
    const target_context& at, const target& here, const target& other, const other_reads& reads
)
{
    const cloud::project_scope& scope = *at.state.facts_of(here)->answers.scope->value;
    const auto& [by_itself, by_us] = reads;
    const bool same_reader =
        other.credential == here.credential && by_itself.scope && by_itself.scope->value == scope;
    const bool refused_to_itself = same_reader && by_itself.listener && !by_itself.listener->value &&
                                   is_refusal(by_itself.listener->value.error()) &&
                                   is_recent(at, by_itself.listener->asked_at);
    return refused_to_itself || (by_us.refused_in == scope && is_recent(at, by_us.asked_at));
}

bool is_silent(const target_context& at, const other_reads& reads)
{
    const auto& [by_itself, by_us] = reads;
    return (by_us.timed_out && is_recent(at, by_us.asked_at)) ||
           (by_itself.timed_out_at && is_recent(at, *by_itself.timed_out_at, silence_counts_for));
}

}  // namespace

std::vector<target> listeners_to_read(
    const target_context& at, const target& here, const support::uuid& load_balancer
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
        // Without a credential the listener is of interest only if a ledger has an entry on it.
        if (may_share_load_balancer(at, here, load_balancer, other) &&
            (at.credentials.of(other) || holds_anything(at, other)))
        {
            others.push_back(other);
        }
    }
    return others;
}

bool may_share_load_balancer(
    const target_context& at, const target& here, const support::uuid& load_balancer, const target& other
)
{
    const other_reads reads = reads_of(at, here, other);
    if (const auto id = known_load_balancer(reads))
    {
        return *id == load_balancer;
    }
    if (is_refused_here(at, here, other, reads))
    {
        return false;
    }
    // A listener whose reads time out is skipped if it has no ledger entry, because then no ref of ours is on
    // it. Its own passes retry the reads.
    return !is_silent(at, reads) || holds_anything(at, other);
}

judged_listener judge_listener(
    const target_context& at,
    const target& here,
    const support::uuid& load_balancer,
    const target& other,
    const cloud::answer<cloud::listener>& answer
)
{
    judged_listener judged;
    judged.result.target = other;
    if (!answer)
    {
        // A listener that was never read and has no ledger entry has no dead ref of ours.
        const target_facts* known = at.state.facts_of(other);
        const bool was_read = at.state.facts_of(here)->other_listeners.at(other).load_balancer_id ||
                              (known != nullptr && known->answers.load_balancer_id);
        if (passes(answer.error()) && (was_read || holds_anything(at, other)))
        {
            judged.result.doubt = "cannot be read: " + answer.error().message;
        }
        return judged;
    }
    if (answer->load_balancer_id != load_balancer)
    {
        return judged;
    }
    if (may_be_written(at, other, *answer))
    {
        judged.result.doubt = "is being changed";
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

void judge_refs(const target_context& at, const target& here, judged_listener& listener)
{
    const target_facts& ours = *at.state.facts_of(here);
    other_listener& result = listener.result;
    const auto view = ours.other_listeners.find(result.target);
    if (view == ours.other_listeners.end())
    {
        return;  // the listener was not read
    }
    const auto& observations = view->second.refs;
    for (const cloud::container_ref& ref : listener.refs)
    {
        const auto known = observations.find(ref);
        if (known != observations.end() && known->second.state == cloud::ref_state::unanswered)
        {
            result.doubt = "holds " + ref.str() + ", about which the certificate service gives no answer now";
        }
        if (known == observations.end() || known->second.state != cloud::ref_state::dead)
        {
            continue;
        }
        if (known->second.asked_at - *known->second.dead_since < at.settings.proof)
        {
            result.doubt = "may hold a certificate that does not exist any more: " + ref.str();
            continue;
        }
        const bool is_ours =
            listener.refs.size() > 1 && holds(at, result.target, ref, *ours.answers.scope->value);
        // A dead ref that its target cannot remove counts before one that it can.
        if (result.dead_ref.empty() || !is_ours)
        {
            result.dead_ref = ref;
            result.ours = is_ours;
        }
    }
}

bool is_certain(cloud::ref_state state)
{
    return state == cloud::ref_state::readable || state == cloud::ref_state::dead;
}

std::vector<cloud::container_ref> refs_for_endpoint_check(const target_context& at, const target& here)
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
