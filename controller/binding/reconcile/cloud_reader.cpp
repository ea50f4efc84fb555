#include "binding/reconcile/cloud_reader.hpp"

#include "binding/observed/target_state.hpp"
#include "binding/slots/ledger.hpp"
#include "support/parallel.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace binding {
namespace {

using support::task;
using jobs = std::vector<std::function<task<>()>>;

constexpr int remembered_for = 3;  // times the age of a fresh look-up: what is seen of neighbours
constexpr std::size_t most_endpoint_checks =
    32;  // refs on other listeners, before one of ours is let go as dead

}  // namespace

task<> cloud_reader::look_at(pass& r, read asked)
{
    const auto began = parts_.clock.now();
    if (asked.scope)
    {
        const auto asked_at = parts_.clock.now();
        auto answer = co_await r.credential->client->locate(r.target.region.str());
        record_scope(parts_.memories[r.target], {asked_at, std::move(answer)});
    }
    jobs all;
    if (asked.listener)
    {
        all.push_back([this, &r] { return look_at_listener(r); });
    }
    if (asked.load_balancer)
    {
        all.push_back([this, &r] { return look_at_load_balancer(r); });
    }
    for (const support::uuid& uid : asked.certificates)
    {
        all.push_back([this, &r, uid] { return look_at_certificate(r, uid); });
    }
    for (const cloud::container_ref& ref : asked.refs)
    {
        all.push_back([this, &r, ref] { return look_at_ref(r, ref); });
    }
    if (asked.other_listeners)
    {
        all.push_back([this, &r] { return read_other_listeners(r); });
    }
    co_await support::run_all(std::move(all), side_by_side);
    if (asked.endpoint_check)
    {
        r.endpoint_check = co_await check_endpoint(r);
    }
    r.longest_read = std::max(r.longest_read, parts_.clock.now() - began);
}

task<> cloud_reader::look_at_listener(pass& r)
{
    const auto asked_at = parts_.clock.now();
    auto answer = co_await r.credential->client->get_listener(r.target.region.str(), r.target.listener);
    target_state& memory = parts_.memories[r.target];
    memory.timed_out_at =
        has_timed_out(asked_at, parts_.clock.now(), answer) ? std::optional(asked_at) : std::nullopt;
    record_listener(memory, parts_.settings, {asked_at, std::move(answer)});
}

task<> cloud_reader::look_at_load_balancer(pass& r)
{
    const auto asked_at = parts_.clock.now();
    const auto id = parts_.memories[r.target].listener->value->load_balancer_id;
    auto answer = co_await r.credential->client->get_load_balancer(r.target.region.str(), id);
    record_load_balancer(parts_.memories[r.target], {asked_at, std::move(answer)});
}

task<> cloud_reader::look_at_certificate(pass& r, support::uuid uid)
{
    const certificate_binding* object = parts_.store.find(uid);
    if (object == nullptr)
    {
        co_return;
    }
    const auto id = object->spec.certificate_id;
    const auto& known = object->status.certificate;
    const auto expires_at = known.id == id ? known.expires_at : std::nullopt;
    const auto asked_at = parts_.clock.now();
    auto answer = co_await r.credential->client->get_certificate(r.target.region.str(), id, expires_at);
    record_certificate(parts_.memories[r.target], uid, id, {asked_at, std::move(answer)});
    r.longest_certificate_read = std::max(r.longest_certificate_read, parts_.clock.now() - asked_at);
}

task<> cloud_reader::look_at_ref(const pass& r, cloud::container_ref ref)
{
    const auto asked_at = parts_.clock.now();
    const auto state = co_await r.credential->client->look_up(r.target.region.str(), ref);
    record_ref(parts_.memories[r.target].refs, ref, asked_at, state);
}

// Its own credential may be told more of its certificates, but only what it is sure of counts.
task<> cloud_reader::read_ref_of_other_listener(const pass& r, target target, cloud::container_ref ref)
{
    const auto is_certain = [](cloud::ref_state state) {
        return state == cloud::ref_state::readable || state == cloud::ref_state::dead;
    };
    const auto own = parts_.credentials.of(target);
    const bool asks_own = own && target.credential != r.target.credential;
    auto asked_at = parts_.clock.now();
    auto state = co_await r.credential->client->look_up(target.region.str(), ref);
    if (!is_certain(state) && asks_own)
    {
        const auto asked_own_at = parts_.clock.now();
        if (const auto other = co_await own->client->look_up(target.region.str(), ref); is_certain(other))
        {
            asked_at = asked_own_at;
            state = other;
        }
    }
    record_ref(parts_.memories[r.target].other_listeners[target].refs, ref, asked_at, state);
}

task<> cloud_reader::read_other_listeners(pass& r)
{
    const auto asked_at = parts_.clock.now();
    const auto balancer = parts_.memories[r.target].listener->value->load_balancer_id;
    std::erase_if(parts_.memories[r.target].other_listeners, [&](const auto& each) {
        return asked_at - each.second.asked_at > remembered_for * parts_.settings.fresh_lookup;
    });
    std::vector<target> others;
    for (const target& each : parts_.store.targets())
    {
        const bool same_cloud = each.identity == r.target.identity || each.identity.empty();
        if (each.listener == r.target.listener || each.region != r.target.region || !same_cloud)
        {
            continue;
        }
        // Where nobody has a credential, there is something of ours only by a ledger.
        if (may_be_behind(r, balancer, each) && (parts_.credentials.of(each) || holds_anything(each)))
        {
            others.push_back(each);
        }
    }
    std::vector<other_listener> seen(others.size());
    std::vector<std::vector<cloud::container_ref>> refs(others.size());
    jobs reads;
    for (std::size_t i = 0; i < others.size(); ++i)
    {
        seen[i].target = others[i];
        reads.push_back([this, &r, &seen, &refs, i, balancer] {
            return read_other_listener(r, balancer, seen[i], refs[i]);
        });
    }
    co_await support::run_all(std::move(reads), side_by_side);
    jobs looks;
    for (std::size_t i = 0; i < others.size(); ++i)
    {
        for (const cloud::container_ref& ref : refs[i])
        {
            looks.push_back([this, &r, &others, i, ref] {
                return read_ref_of_other_listener(r, others[i], ref);
            });
        }
    }
    co_await support::run_all(std::move(looks), side_by_side);
    for (std::size_t i = 0; i < others.size(); ++i)
    {
        judge_other_listener(r, seen[i], refs[i]);
    }
    std::erase_if(seen, [](const other_listener& each) {
        return each.dead_ref.empty() && each.doubt.empty();
    });
    r.other_listeners = observed<std::vector<other_listener>>{asked_at, std::move(seen)};
}

bool cloud_reader::may_be_behind(const pass& r, support::uuid balancer, const target& where) const
{
    static const target_state nothing;
    static const other_listener_state never;
    const auto known = parts_.memories.find(where);
    const target_state& its_own = known == parts_.memories.end() ? nothing : known->second;
    const target_state& ours = parts_.memories.at(r.target);
    const auto viewed = ours.other_listeners.find(where);
    const other_listener_state& seen = viewed == ours.other_listeners.end() ? never : viewed->second;
    if (const auto& id = its_own.load_balancer_id ? its_own.load_balancer_id : seen.load_balancer_id)
    {
        return *id == balancer;
    }
    const auto recent = [&](support::time_point asked_at, int times = 1) {
        return parts_.clock.now() - asked_at <= times * parts_.settings.fresh_lookup;
    };
    // What this credential has just been told is not there, or not for it to see, is behind another one.
    const cloud::project_scope& here = *ours.scope->value;
    const bool told_its_own_round = where.credential == r.target.credential && its_own.listener &&
                                    !its_own.listener->value && is_refusal(its_own.listener->value.error()) &&
                                    recent(its_own.listener->asked_at) && its_own.scope &&
                                    its_own.scope->value == here;
    const bool told_us = seen.refused_in == here && recent(seen.asked_at);
    // For one that lets us wait its own rounds wait, and ask again; it holds nothing of ours that could be
    // dead.
    const bool silent = (seen.timed_out && recent(seen.asked_at)) ||
                        (its_own.timed_out_at && recent(*its_own.timed_out_at, remembered_for));
    return !told_its_own_round && !told_us && (!silent || holds_anything(where));
}

task<endpoint_check> cloud_reader::check_endpoint(const pass& r)
{
    const target here = r.target;
    const cloud::project_scope scope = *parts_.memories[here].scope->value;
    std::set<cloud::container_ref> known;
    for (const certificate_binding* object : parts_.store.bindings_of(here))
    {
        for (const attachment& entry : object->status.ledger.attachments)
        {
            known.insert(entry.container_ref);
        }
    }
    std::vector<cloud::container_ref> refs;
    for (const target& other : parts_.store.targets())
    {
        if (other == here || other.region != here.region || other.credential != here.credential)
        {
            continue;
        }
        for (const certificate_binding* object : parts_.store.bindings_of(other))
        {
            for (const attachment& entry : object->status.ledger.attachments)
            {
                const bool counts = entry.confirmed && refs.size() < most_endpoint_checks &&
                                    same_cloud(object->status.ledger.scope, scope);
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
    endpoint_check seen;
    jobs looks;
    for (const cloud::container_ref& ref : refs)
    {
        looks.push_back([&r, &seen, ref] { return check_endpoint_by(r, ref, seen); });
    }
    co_await support::run_all(std::move(looks), side_by_side);
    co_return seen;
}

task<> cloud_reader::check_endpoint_by(const pass& r, cloud::container_ref ref, endpoint_check& seen)
{
    const auto state = co_await r.credential->client->look_up(r.target.region.str(), std::move(ref));
    const bool dead = state == cloud::ref_state::dead;
    seen.looked_up += dead || state == cloud::ref_state::readable ? 1 : 0;
    seen.dead += dead ? 1 : 0;
}

// Who may change the load balancer may read each listener on it, so ours decides, and nobody else's
// credential can keep us from it.
task<> cloud_reader::read_other_listener(
    const pass& r, support::uuid balancer, other_listener& seen, std::vector<cloud::container_ref>& refs
)
{
    const target other = seen.target;
    if (!may_be_behind(r, balancer, other))
    {
        co_return;  // while it waited for its turn here, its own round may have waited for it in vain
    }
    const auto asked_at = parts_.clock.now();
    const auto answer = co_await r.credential->client->get_listener(other.region.str(), other.listener);
    if (parts_.store.bindings_of(other).empty())
    {
        co_return;  // its last binding has just gone
    }
    target_state& ours = parts_.memories.at(r.target);
    other_listener_state& view = ours.other_listeners[other];
    view.asked_at = asked_at;
    view.timed_out = has_timed_out(asked_at, parts_.clock.now(), answer);
    view.refused_in.reset();
    if (!answer)
    {
        if (is_refusal(answer.error()))
        {
            view.refused_in = *ours.scope->value;
        }
        // One that was never read and has no entry of ours has no dead ref of ours either.
        const auto known = parts_.memories.find(other);
        const bool was_read =
            view.load_balancer_id || (known != parts_.memories.end() && known->second.load_balancer_id);
        if (passes(answer.error()) && (was_read || holds_anything(other)))
        {
            seen.doubt = "cannot be read: " + answer.error().message;
        }
        co_return;
    }
    view.load_balancer_id = answer->load_balancer_id;
    if (answer->load_balancer_id != balancer)
    {
        co_return;
    }
    if (may_be_written(other, answer->sni_refs.size() + (answer->default_ref ? 1 : 0)))
    {
        seen.doubt = "is being changed";
    }
    refs = answer->sni_refs;
    for (const auto& ref : {answer->default_ref, answer->client_ca_ref, answer->client_crl_ref})
    {
        if (ref)
        {
            refs.push_back(*ref);
        }
    }
}

void cloud_reader::judge_other_listener(
    const pass& r, other_listener& seen, const std::vector<cloud::container_ref>& refs
) const
{
    const auto& other_listeners = parts_.memories.at(r.target).other_listeners;
    const auto view = other_listeners.find(seen.target);
    if (view == other_listeners.end())
    {
        return;  // it was not read
    }
    const auto& observations = view->second.refs;
    for (const cloud::container_ref& ref : refs)
    {
        const auto sighted = observations.find(ref);
        if (sighted != observations.end() && sighted->second.state == cloud::ref_state::unanswered)
        {
            seen.doubt = "holds " + ref.str() + ", about which the certificate service gives no answer now";
        }
        if (sighted == observations.end() || sighted->second.state != cloud::ref_state::dead)
        {
            continue;
        }
        if (sighted->second.asked_at - *sighted->second.dead_since < parts_.settings.proof)
        {
            seen.doubt = "may hold a certificate that does not exist any more: " + ref.str();
            continue;
        }
        const bool ours =
            refs.size() > 1 && holds(seen.target, ref, *parts_.memories.at(r.target).scope->value);
        if (seen.dead_ref.empty() || !ours)  // one that its target cannot let go of counts first
        {
            seen.dead_ref = ref;
            seen.ours = ours;
        }
    }
}

// Rule 9: a PUT to it of ours, or of an earlier process that it has not been looked at for, may be under way.
bool cloud_reader::may_be_written(const target& where, std::size_t refs) const
{
    const auto known = parts_.memories.find(where);
    if (known != parts_.memories.end() && !known->second.bindings.empty())
    {
        const auto& put = known->second.put;
        const bool uncounted = put && put->phase == put_phase::before_start && !put->refs_counted;
        const auto more =
            uncounted ? parts_.settings.per_ref * static_cast<std::int64_t>(refs) : support::duration::zero();
        return put && parts_.clock.now() < put->deadline + more;
    }
    const auto objects = parts_.store.bindings_of(where);
    return std::ranges::any_of(objects, [](const certificate_binding* object) {
        return std::ranges::any_of(object->status.ledger.attachments, [](const attachment& entry) {
            return !entry.confirmed;
        });
    });
}

bool cloud_reader::holds_anything(const target& where) const
{
    const auto objects = parts_.store.bindings_of(where);
    return std::ranges::any_of(objects, [](const certificate_binding* object) {
        return !object->status.ledger.attachments.empty();
    });
}

bool cloud_reader::holds(
    const target& where, const cloud::container_ref& ref, const cloud::project_scope& here
) const
{
    std::vector<target> of_it = parts_.store.peers_of(where);
    of_it.push_back(where);
    return std::ranges::any_of(of_it, [&](const target& each) {
        return std::ranges::any_of(parts_.store.bindings_of(each), [&](const certificate_binding* object) {
            return same_cloud(object->status.ledger.scope, here) &&
                   std::ranges::any_of(object->status.ledger.attachments, [&](const attachment& entry) {
                       return entry.container_ref == ref;
                   });
        });
    });
}

}  // namespace binding
