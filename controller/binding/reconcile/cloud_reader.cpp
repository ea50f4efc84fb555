#include "binding/reconcile/cloud_reader.hpp"

#include "support/parallel.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <utility>

namespace binding {

using support::task;
using jobs = std::vector<std::function<task<>()>>;

task<> cloud_reader::read(
    reconcile_pass& pass, std::shared_ptr<cloud::credential> with, binding::read questions
)
{
    reading of{pass, *with->client, pass.target().region.str()};
    if (questions.scope)
    {
        const auto asked_at = parts_.clock.now();
        auto answer = co_await of.client.locate(of.region);
        pass.on_read(
            parts_.now(), observed<cloud::answer<cloud::project_scope>>{asked_at, std::move(answer)}
        );
    }
    jobs all;
    const auto* known = parts_.state.facts_of(pass.target());
    const auto load_balancer = known == nullptr ? std::nullopt : known->answers.load_balancer_id;
    if (questions.listener)
    {
        const bool then_load_balancer = questions.load_balancer && !load_balancer;
        all.push_back([this, &of, then_load_balancer] { return read_listener(of, then_load_balancer); });
    }
    if (questions.load_balancer && load_balancer)
    {
        all.push_back([this, &of, id = *load_balancer] { return read_load_balancer(of, id); });
    }
    for (const support::uuid& binding : questions.certificates)
    {
        all.push_back([this, &of, binding] { return read_certificate(of, binding); });
    }
    for (const cloud::container_ref& ref : questions.refs)
    {
        all.push_back([this, &of, ref] { return look_up(of, ref); });
    }
    if (questions.other_listeners)
    {
        all.push_back([this, &of] { return read_other_listeners(of); });
    }
    co_await support::run_all(std::move(all), most_at_a_time);
    if (questions.endpoint_check)
    {
        co_await check_endpoint(of);
    }
}

task<> cloud_reader::read_listener(reading& of, bool then_load_balancer)
{
    const auto asked_at = parts_.clock.now();
    auto answer = co_await of.client.get_listener(of.region, of.pass.target().listener);
    const auto load_balancer = answer ? std::optional(answer->load_balancer_id) : std::nullopt;
    of.pass.on_read(parts_.now(), observed<cloud::answer<cloud::listener>>{asked_at, std::move(answer)});
    if (then_load_balancer && load_balancer)
    {
        co_await read_load_balancer(of, *load_balancer);
    }
}

task<> cloud_reader::read_load_balancer(reading& of, support::uuid id)
{
    const auto asked_at = parts_.clock.now();
    auto answer = co_await of.client.get_load_balancer(of.region, id);
    const target_facts* known = parts_.state.facts_of(of.pass.target());
    if (!answer && known != nullptr && known->answers.load_balancer_id.value_or(id) != id)
    {
        co_return;  // meanwhile the listener was read, and is on another load balancer
    }
    of.pass.on_read(parts_.now(), observed<cloud::answer<cloud::load_balancer>>{asked_at, std::move(answer)});
}

task<> cloud_reader::read_certificate(reading& of, support::uuid binding)
{
    const certificate_binding* object = parts_.store.find(binding);
    if (object == nullptr)
    {
        co_return;
    }
    const auto id = object->spec.certificate_id;
    const auto& known = object->status.certificate;
    const auto expires_at = known.id == id ? known.expires_at : std::nullopt;
    const auto asked_at = parts_.clock.now();
    auto answer = co_await of.client.get_certificate(of.region, id, expires_at);
    of.pass.on_read(parts_.now(), certificate_answer{binding, id, {asked_at, std::move(answer)}});
}

task<> cloud_reader::look_up(reading& of, cloud::container_ref ref)
{
    const auto asked_at = parts_.clock.now();
    const auto state = co_await of.client.look_up(of.region, ref);
    of.pass.on_read(parts_.now(), ref_answer{std::move(ref), {asked_at, state}});
}

task<> cloud_reader::read_other_listeners(reading& of)
{
    auto asked_at = parts_.clock.now();
    const target here = of.pass.target();
    auto listeners = listeners_to_read(parts_.now(), here);
    jobs reads;
    for (judged_listener& listener : listeners)
    {
        if (listener.result.doubt.empty())
        {
            reads.push_back([this, &of, &listener] { return read_other_listener(of, listener); });
        }
    }
    co_await support::run_all(std::move(reads), most_at_a_time);

    std::map<cloud::container_ref, std::vector<target>> holders;
    for (const judged_listener& listener : listeners)
    {
        for (const cloud::container_ref& ref : listener.refs)
        {
            std::ranges::copy(listener.result.targets, std::back_inserter(holders[ref]));
        }
    }
    const auto found = found_readable(parts_.now(), here);
    jobs look_ups;
    for (const auto& [ref, targets] : holders)
    {
        if (const auto known = found.find(ref); known != found.end())
        {
            asked_at = std::min(asked_at, known->second);
            of.pass.on_read(
                parts_.now(), other_ref_answer{{ref, {known->second, cloud::ref_state::readable}}}
            );
            continue;
        }
        look_ups.push_back([this, &of, &ref, &targets] { return look_up_on_others(of, ref, targets); });
    }
    co_await support::run_all(std::move(look_ups), most_at_a_time);

    observed<std::vector<other_listener>> concerning{asked_at, {}};
    for (judged_listener& listener : listeners)
    {
        judge_refs(parts_.now(), here, listener);
        if (!listener.result.dead_ref.empty() || !listener.result.doubt.empty())
        {
            concerning.value.push_back(std::move(listener.result));
        }
    }
    of.pass.on_read(parts_.now(), std::move(concerning));
}

// The read uses this target's credential, because whoever may change the load balancer may read each listener
// on it. So no other credential can keep the target from writing.
task<> cloud_reader::read_other_listener(reading& of, judged_listener& listener)
{
    const auto id = listener.result.listener;
    const auto asked_at = parts_.clock.now();
    const observed<cloud::answer<cloud::listener>> answer{
        asked_at, co_await of.client.get_listener(of.region, id)
    };
    of.pass.on_read(parts_.now(), other_listener_answer{id, answer});
    judge_listener(parts_.now(), of.pass.target(), answer, listener);
}

// The credentials of the other targets are asked after that of this one, because they may see certificates
// that this one does not. Their answers count only if they are certain.
task<> cloud_reader::look_up_on_others(reading& of, cloud::container_ref ref, std::vector<target> holders)
{
    const auto asked_at = parts_.clock.now();
    const auto state = co_await of.client.look_up(of.region, ref);
    observed<cloud::ref_state> answer{asked_at, state};
    std::set<support::interned> asked{of.pass.target().credential};
    for (const target& holder : holders)
    {
        const auto own = parts_.credentials.of(holder);
        if (is_certain(answer.value) || !own || !asked.insert(holder.credential).second)
        {
            continue;
        }
        const auto asked_own_at = parts_.clock.now();
        const auto own_state = co_await own->client->look_up(of.region, ref);
        answer = is_certain(own_state) ? observed<cloud::ref_state>{asked_own_at, own_state} : answer;
    }
    of.pass.on_read(parts_.now(), other_ref_answer{{std::move(ref), answer}});
}

task<> cloud_reader::check_endpoint(reading& of)
{
    const auto refs = refs_for_endpoint_check(parts_.now(), of.pass.target());
    std::vector<cloud::ref_state> states(refs.size());
    jobs look_ups;
    for (std::size_t i = 0; i < refs.size(); ++i)
    {
        look_ups.push_back([&of, &refs, &states, i] { return check_ref(of, refs[i], states[i]); });
    }
    co_await support::run_all(std::move(look_ups), most_at_a_time);
    of.pass.on_read(parts_.now(), judge_endpoint(states));
}

task<> cloud_reader::check_ref(reading& of, cloud::container_ref ref, cloud::ref_state& state)
{
    state = co_await of.client.look_up(of.region, std::move(ref));
}

}  // namespace binding
