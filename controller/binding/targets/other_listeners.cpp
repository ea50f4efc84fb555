#include "binding/targets/other_listeners.hpp"

#include "binding/slots/ledger.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace binding {
namespace {

constexpr std::size_t most_endpoint_checks = 32;
constexpr std::size_t most_targets_visited = 10'000;  // for these; takes milliseconds
constexpr const char* being_changed_doubt = "is being changed";
constexpr const char* unlisted_doubt = "is missing in the answer about its load balancer";

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
    const std::vector<target>& of_listener,
    const cloud::container_ref& ref,
    const cloud::project_scope& here
)
{
    return std::ranges::any_of(of_listener, [&](const target& holder) {
        return any_entry(at, holder, [&](const ledger& held, const attachment& entry) {
            return same_cloud(held.scope, here) && entry.container_ref == ref;
        });
    });
}

// A PUT of ours to that listener may still take effect. A target that this process has not reconciled yet is
// judged by its ledgers, because the PUT may be of an earlier process.
bool may_be_written(const target_context& at, const target& which, std::size_t refs)
{
    const target_facts* known = at.state.facts_of(which);
    if (known == nullptr || known->bindings.empty())
    {
        return any_entry(at, which, [](const auto&, const attachment& entry) { return !entry.confirmed; });
    }
    const auto& put = known->puts.under_way;
    return put && at.now < last_effect(*put, at.settings, refs);
}

bool may_be_written(const target_context& at, const std::vector<target>& of_listener, std::size_t refs)
{
    return std::ranges::any_of(of_listener, [&](const target& one) { return may_be_written(at, one, refs); });
}

// Adds the listener, unless nobody has or wants anything of ours on it.
void add_listener(
    const target_context& at,
    const target& here,
    const support::uuid& id,
    bool listed,
    std::vector<judged_listener>& to_read
)
{
    auto targets = at.store.targets_on({here.region, id, here.identity});
    // Without a credential the listener is of interest only if a ledger has an entry on it.
    if (std::ranges::any_of(targets, [&](const target& one) {
            return at.credentials.of(one) || holds_anything(at, one);
        }))
    {
        judged_listener& added = to_read.emplace_back();
        added.result.listener = id;
        added.result.targets = std::move(targets);
        added.listed = listed;
    }
}

// The target has read its listener in this cloud and project. What another cloud answered could be made up.
bool reads_in(const target_context& at, const target& which, const cloud::project_scope& here)
{
    const auto& scope = at.state.facts_of(which)->answers.scope;
    return scope && scope->value == here;
}

// proven-gone: the load balancer lists the listener, so only the second 404 says that it is gone.
bool is_gone(
    const target_context& at,
    const target& here,
    const support::uuid& listener,
    const observed<cloud::answer<cloud::listener>>& answer
)
{
    const auto& gone_since = at.state.facts_of(here)->other_listeners.gone_since;
    const auto since = gone_since.find(listener);
    return since != gone_since.end() && answer.asked_at - since->second >= at.settings.proof;
}

std::string doubt_without_answer(
    const target_context& at,
    const target& here,
    const observed<cloud::answer<cloud::listener>>& answer,
    const judged_listener& listener
)
{
    const cloud::error& error = answer.value.error();
    if (is_refusal(error) && !listener.listed)
    {
        return {};  // two answers agree that the listener is not there: the list, and this one
    }
    if (error.kind == cloud::failure::access_denied)
    {
        // What is on it stays unknown, as a ref does that this credential may not see.
        return may_be_written(at, listener.result.targets, 0) ? being_changed_doubt : "";
    }
    return is_gone(at, here, listener.result.listener, answer) ? "" : "cannot be read: " + error.message;
}

}  // namespace

std::vector<judged_listener> listeners_to_read(const target_context& at, const target& here)
{
    const cloud::load_balancer& load_balancer = *at.state.facts_of(here)->answers.load_balancer->value;
    const auto& listed = load_balancer.listeners;
    if (!std::ranges::binary_search(listed, here.listener))
    {
        judged_listener own;
        own.result.listener = here.listener;
        own.result.doubt = unlisted_doubt;
        return {std::move(own)};
    }
    std::vector<judged_listener> to_read;
    for (const support::uuid& id : listed)
    {
        if (id != here.listener)
        {
            add_listener(at, here, id, true, to_read);
        }
    }
    const cloud::project_scope& scope = *at.state.facts_of(here)->answers.scope->value;
    std::set<support::uuid> unlisted;
    for (const target& known : at.state.read_on({here.region, load_balancer.id, here.identity}))
    {
        const bool is_listed = std::ranges::binary_search(listed, known.listener);
        if (!is_listed && reads_in(at, known, scope) && unlisted.insert(known.listener).second)
        {
            add_listener(at, here, known.listener, false, to_read);
        }
    }
    return to_read;
}

void judge_listener(
    const target_context& at,
    const target& here,
    const observed<cloud::answer<cloud::listener>>& answer,
    judged_listener& listener
)
{
    other_listener& result = listener.result;
    if (!answer.value)
    {
        result.doubt = doubt_without_answer(at, here, answer, listener);
        return;
    }
    if (answer.value->load_balancer_id != at.state.facts_of(here)->answers.load_balancer->value->id)
    {
        return;
    }
    if (!listener.listed)
    {
        result.doubt = unlisted_doubt;
        return;
    }
    if (may_be_written(at, result.targets, count_refs(*answer.value)))
    {
        result.doubt = being_changed_doubt;
    }
    listener.refs = answer.value->sni_refs;
    for (const auto& ref :
         {answer.value->default_ref, answer.value->client_ca_ref, answer.value->client_crl_ref})
    {
        if (ref)
        {
            listener.refs.push_back(*ref);
        }
    }
}

std::map<cloud::container_ref, support::time_point> found_readable(
    const target_context& at, const target& here
)
{
    std::map<cloud::container_ref, support::time_point> readable;
    std::map<cloud::container_ref, support::time_point> other;  // what says anything else
    const auto add = [&](const cloud::container_ref& ref, support::time_point asked_at, bool is_readable) {
        auto& latest = (is_readable ? readable : other).try_emplace(ref, asked_at).first->second;
        latest = std::max(latest, asked_at);
    };
    const target_facts& own = *at.state.facts_of(here);
    const auto arrived_at = own.arrivals.first;
    if (!arrived_at)
    {
        return {};
    }
    const auto& load_balancer = own.answers.load_balancer_id;
    const cloud::project_scope scope = *own.answers.scope->value;
    for (const target& one : at.state.read_on({here.region, *load_balancer, here.identity}))
    {
        if (one.credential != here.credential || !reads_in(at, one, scope))
        {
            continue;
        }
        if (const resting_target* rests = at.state.resting(one);
            rests != nullptr && rests->read_at() < *arrived_at)
        {
            continue;
        }
        const target_facts& facts = *at.state.facts_of(one);
        for (const auto& [uid, known] : facts.bindings)
        {
            if (known.certificate && known.certificate->value)
            {
                const cloud::certificate& read = *known.certificate->value;
                add(read.container_ref, known.certificate->asked_at, read.usable);
            }
        }
        for (const observed_refs* look_ups : {&facts.answers.refs, &facts.other_listeners.refs})
        {
            for (const auto& [ref, look_up] : *look_ups)
            {
                add(ref, look_up.asked_at, look_up.state == cloud::ref_state::readable);
            }
        }
    }
    std::erase_if(readable, [&](const auto& found) {
        const auto& [ref, asked_at] = found;
        const auto contradicted = other.find(ref);
        return asked_at < *arrived_at || at.now - asked_at > at.settings.fresh_certificate ||
               (contradicted != other.end() && contradicted->second >= asked_at);
    });
    return readable;
}

void judge_refs(const target_context& at, const target& here, judged_listener& listener)
{
    const target_facts& ours = *at.state.facts_of(here);
    other_listener& result = listener.result;
    const observed_refs& observations = ours.other_listeners.refs;
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
            listener.refs.size() > 1 && holds(at, result.targets, ref, *ours.answers.scope->value);
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
    const auto add_refs_of = [&](const target& other) {
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
    };
    std::size_t visited = 0;
    at.store.each_target_of(here, [&](const target& other) {
        if (other != here && other.region == here.region)
        {
            add_refs_of(other);
        }
        return refs.size() < most_endpoint_checks && ++visited < most_targets_visited;
    });
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
