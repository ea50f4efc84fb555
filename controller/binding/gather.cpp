#include "binding/gather.hpp"

#include "binding/memory.hpp"
#include "cloud/container_ref.hpp"
#include "support/parallel.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace binding {
namespace {

using support::task;
using jobs = std::vector<std::function<task<>()>>;

}  // namespace

task<> gather::look_at(round& r, look asked)
{
    const auto began = parts_.clock.now();
    if (asked.place)
    {
        const auto asked_at = parts_.clock.now();
        auto answer = co_await parts_.cloud.locate(r.target.region.str());
        remember_place(parts_.memories[r.target], {asked_at, std::move(answer)});
    }
    jobs all;
    if (asked.listener)
    {
        all.push_back([this, &r] { return look_at_listener(r.target); });
    }
    if (asked.load_balancer)
    {
        all.push_back([this, &r] { return look_at_load_balancer(r.target); });
    }
    for (const support::uuid& uid : asked.certificates)
    {
        all.push_back([this, &r, uid] { return look_at_certificate(r.target, uid); });
    }
    for (const std::string& ref : asked.refs)
    {
        all.push_back([this, &r, ref] { return look_at_ref(r.target, ref); });
    }
    co_await support::run_all(std::move(all), side_by_side);
    if (asked.neighbours)
    {
        r.neighbours = co_await look_at_neighbours(r);
    }
    r.longest_look = std::max(r.longest_look, parts_.clock.now() - began);
}

task<> gather::look_at_listener(target target)
{
    const auto asked_at = parts_.clock.now();
    auto answer = co_await parts_.cloud.get_listener(target.region.str(), target.listener);
    remember_listener(parts_.memories[target], parts_.settings, {asked_at, std::move(answer)});
}

task<> gather::look_at_load_balancer(target target)
{
    const auto asked_at = parts_.clock.now();
    const auto id = parts_.memories[target].listener->value->load_balancer_id;
    auto answer = co_await parts_.cloud.get_load_balancer(target.region.str(), id);
    remember_load_balancer(parts_.memories[target], {asked_at, std::move(answer)});
}

task<> gather::look_at_certificate(target target, support::uuid uid)
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
    auto answer = co_await parts_.cloud.get_certificate(target.region.str(), id, expires_at);
    remember_certificate(parts_.memories[target], uid, id, {asked_at, std::move(answer)});
}

task<> gather::look_at_ref(target target, std::string ref)
{
    const auto asked_at = parts_.clock.now();
    const auto state = co_await parts_.cloud.look_up(target.region.str(), ref);
    remember_ref(parts_.memories[target], ref, asked_at, state);
}

task<std::vector<neighbour>> gather::look_at_neighbours(round& r)
{
    const auto balancer = parts_.memories[r.target].listener->value->load_balancer_id;
    std::vector<target> others;
    for (const target& each : parts_.store.targets())
    {
        if (each == r.target || each.region != r.target.region)
        {
            continue;
        }
        const auto known = parts_.memories.find(each);
        const bool read =
            known != parts_.memories.end() && known->second.listener && known->second.listener->value;
        if (!read || known->second.listener->value->load_balancer_id == balancer)
        {
            others.push_back(each);
        }
    }
    std::vector<neighbour> seen(others.size());
    std::vector<std::vector<std::string>> refs(others.size());
    jobs reads;
    for (std::size_t i = 0; i < others.size(); ++i)
    {
        seen[i].target = others[i];
        reads.push_back([this, &seen, &refs, i, balancer] {
            return read_neighbour(balancer, seen[i], refs[i]);
        });
    }
    co_await support::run_all(std::move(reads), side_by_side);
    jobs looks;
    for (std::size_t i = 0; i < others.size(); ++i)
    {
        for (const std::string& ref : refs[i])
        {
            looks.push_back([this, &others, i, ref] { return look_at_ref(others[i], ref); });
        }
    }
    co_await support::run_all(std::move(looks), side_by_side);
    for (std::size_t i = 0; i < others.size(); ++i)
    {
        judge_neighbour(seen[i], refs[i]);
    }
    std::erase_if(seen, [](const neighbour& each) { return each.dead_ref.empty() && !each.undecided; });
    co_return seen;
}

task<> gather::read_neighbour(support::uuid balancer, neighbour& seen, std::vector<std::string>& refs)
{
    const target other = seen.target;
    const auto answer = co_await parts_.cloud.get_listener(other.region.str(), other.listener);
    if (!answer)
    {
        const auto kind = answer.error().kind;
        seen.undecided = kind == cloud::failure::transient || kind == cloud::failure::rate_limited;
        co_return;
    }
    if (answer->load_balancer_id != balancer)
    {
        // Remembered for the next time; its own round will look again.
        target_memory& memory = parts_.memories[other];
        if (!memory.listener)
        {
            memory.listener = sighting<cloud::answer<cloud::listener>>{support::time_point{}, answer};
        }
        co_return;
    }
    seen.undecided = may_be_written(other);
    refs = answer->sni_refs;
    for (const auto& ref : {answer->default_ref, answer->client_ca_ref, answer->client_crl_ref})
    {
        if (ref)
        {
            refs.push_back(*ref);
        }
    }
}

void gather::judge_neighbour(neighbour& seen, const std::vector<std::string>& refs) const
{
    const auto memory = parts_.memories.find(seen.target);
    if (memory == parts_.memories.end())
    {
        return;  // its last binding has just gone
    }
    for (const std::string& ref : refs)
    {
        const auto sighted = memory->second.refs.find(cloud::ref_key(ref));
        if (sighted == memory->second.refs.end() || sighted->second.state != cloud::ref_state::dead)
        {
            continue;
        }
        if (sighted->second.asked_at - *sighted->second.dead_since < parts_.settings.proof)
        {
            seen.undecided = true;
            continue;
        }
        const bool ours = refs.size() > 1 && holds(seen.target, ref);
        if (seen.dead_ref.empty() || !ours)  // one that its target cannot let go of counts first
        {
            seen.dead_ref = ref;
            seen.ours = ours;
        }
    }
}

// Rule 9: a PUT to it of ours, or of an earlier process that it has not been looked at for, may be under way.
bool gather::may_be_written(const target& where) const
{
    const auto known = parts_.memories.find(where);
    if (known != parts_.memories.end() && !known->second.bindings.empty())
    {
        return known->second.put.has_value();
    }
    const auto objects = parts_.store.bindings_of(where);
    return std::ranges::any_of(objects, [](const certificate_binding* object) {
        return std::ranges::any_of(object->status.ledger.attachments, [](const attachment& entry) {
            return !entry.confirmed;
        });
    });
}

bool gather::holds(const target& where, const std::string& ref) const
{
    const auto objects = parts_.store.bindings_of(where);
    return std::ranges::any_of(objects, [&](const certificate_binding* object) {
        return std::ranges::any_of(object->status.ledger.attachments, [&](const attachment& entry) {
            return cloud::same_ref(entry.container_ref.view(), ref);
        });
    });
}

}  // namespace binding
