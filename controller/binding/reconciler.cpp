#include "binding/reconciler.hpp"

#include "binding/codec.hpp"
#include "binding/lanes.hpp"
#include "binding/memory.hpp"
#include "binding/plan.hpp"
#include "binding/verdict.hpp"
#include "cloud/container_ref.hpp"
#include "support/log.hpp"
#include "support/parallel.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace binding {
namespace {

using namespace std::chrono_literals;
using support::log_level;
using support::task;

constexpr std::size_t side_by_side = 16;
constexpr int most_steps = 100;    // of one round; more is a plan that goes round in circles
constexpr int most_conflicts = 5;  // of one object in one round
constexpr double resync_jitter = 0.2;

const kube::resource bindings_resource{"certificates.bycloud.io", "v1alpha1", "certificatebindings"};

using jobs = std::vector<std::function<task<>()>>;

}  // namespace

struct reconciler::impl
{
    impl(parts p, settings s) : parts(std::move(p)), settings(s), started(parts.clock.now()) {}

    // What one round keeps beside the memory of its target.
    struct round
    {
        binding::target target;
        support::time_point started;
        std::optional<support::time_point> committed_at;
        std::set<support::uuid> unwritable;
        std::map<support::uuid, int> conflicts;
        std::optional<std::vector<neighbour>> neighbours;
        std::set<std::pair<support::uuid, std::string>> told;
    };

    // A patch made from the object that the plan saw, so that the write is refused if the object has moved
    // on.
    struct prepared_write
    {
        support::uuid uid;
        std::string name;
        kube::patch_request request;
        std::optional<ledger> written;
    };

    // ---- the round ----

    task<runtime::outcome> reconcile(target target)
    {
        round r{target, parts.clock.now(), std::nullopt, {}, {}, std::nullopt, {}};
        for (int steps = 0; steps < most_steps; ++steps)
        {
            const auto bindings = parts.store.bindings_of(target);
            target_memory& memory = memories[target];
            if (bindings.empty())
            {
                co_return end_without_bindings(target);
            }
            remember_bindings(memory, bindings, settings, parts.clock.now(), started);
            decision decided = plan(world_of(r, memory, bindings));
            if (decided.put_resolved)
            {
                memory.put.reset();
            }
            if (!std::holds_alternative<look>(decided.step))
            {
                tell(r, decided.notices);
            }
            if (auto* asked = std::get_if<look>(&decided.step))
            {
                co_await do_look(r, std::move(*asked));
            }
            else if (auto* writes = std::get_if<commit>(&decided.step))
            {
                co_await do_commit(r, std::move(writes->writes));
            }
            else if (std::holds_alternative<take_lane>(decided.step))
            {
                take_lane_for(memory, target);
            }
            else if (auto* change = std::get_if<put>(&decided.step))
            {
                co_await do_put(r, std::move(*change));
            }
            else
            {
                co_return end(r, std::get<finish>(decided.step));
            }
        }
        support::log(
            log_level::error,
            "a round does not come to an end, which is a bug; trying again later",
            {{"listener", target.listener.str()}}
        );
        leave_lane(target);
        co_return runtime::outcome{runtime::outcome::kind::retry, {}};
    }

    world world_of(
        const round& r, const target_memory& memory, const std::vector<const certificate_binding*>& bindings
    ) const
    {
        world made;
        made.now = parts.clock.now();
        made.wall = parts.clock.wall();
        made.settings = &settings;
        made.round_started = r.started;
        made.committed_at = r.committed_at;
        made.bindings = bindings;
        made.unwritable = r.unwritable;
        made.memory = &memory;
        made.lane = held_lanes.contains(r.target) ? lane_state::ours
                    : lane_known(memory)          ? traffic.state(lane_of(memory, r.target), r.target)
                                                  : lane_state::free;
        made.neighbours = r.neighbours;
        return made;
    }

    // Nobody wants anything of the target any more; only a PUT that may still take effect keeps its lane.
    runtime::outcome end_without_bindings(const target& target)
    {
        const auto& put = memories[target].put;
        const auto now = parts.clock.now();
        if (put && now < put->deadline)
        {
            return {runtime::outcome::kind::later, put->deadline - now};
        }
        forget(target);
        return {};
    }

    runtime::outcome end(const round& r, const finish& how)
    {
        target_memory& memory = memories[r.target];
        const auto& listener = memory.listener;
        const auto& balancer = memory.load_balancer;
        const bool read_back = listener && listener->value && listener->asked_at >= r.started && balancer &&
                               balancer->value && balancer->asked_at >= r.started && !memory.put;
        for (const certificate_binding* object : parts.store.bindings_of(r.target))
        {
            if (read_back && is_ready(*object))
            {
                memory.bindings[object->uid].verified_at = parts.clock.now();
            }
        }
        memory.clean = false;
        if (memory.first_arrival && parts.clock.now() >= quiet_at(memory, settings))
        {
            memory.first_arrival.reset();
        }
        for (const target& each : how.prod)
        {
            memories[each].clean = true;
            parts.enqueue(each);
        }
        if (how.next == pause::lane)
        {
            traffic.wait(lane_of(memory, r.target), r.target);
        }
        else if (!memory.put)
        {
            leave_lane(r.target);
        }
        int& slow = slow_rounds[r.target];
        slow = how.next == pause::slow ? slow + 1 : 0;
        return outcome_of(how, slow);
    }

    runtime::outcome outcome_of(const finish& how, int slow)
    {
        using kind = runtime::outcome::kind;
        switch (how.next)
        {
            case pause::after:
                return {kind::later, how.wait};
            case pause::retry:
                return {kind::retry, {}};
            case pause::slow: {
                const support::backoff wait{
                    15s, std::min<support::duration>(5min, settings.resync_period), resync_jitter
                };
                return {kind::later, wait.wait(slow, parts.random)};
            }
            case pause::resync:
            case pause::lane:
                break;
        }
        return {kind::later, support::jittered(settings.resync_period, resync_jitter, parts.random)};
    }

    void forget(const target& target)
    {
        leave_lane(target);
        memories.erase(target);
        slow_rounds.erase(target);
    }

    // ---- looks ----

    task<> do_look(round& r, look asked)
    {
        if (asked.place)
        {
            const auto asked_at = parts.clock.now();
            auto answer = co_await parts.cloud.locate(r.target.region.str());
            remember_place(memories[r.target], {asked_at, std::move(answer)});
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
    }

    task<> look_at_listener(target target)
    {
        const auto asked_at = parts.clock.now();
        auto answer = co_await parts.cloud.get_listener(target.region.str(), target.listener);
        remember_listener(memories[target], settings, {asked_at, std::move(answer)});
    }

    task<> look_at_load_balancer(target target)
    {
        const auto asked_at = parts.clock.now();
        const auto id = memories[target].listener->value->load_balancer_id;
        auto answer = co_await parts.cloud.get_load_balancer(target.region.str(), id);
        remember_load_balancer(memories[target], {asked_at, std::move(answer)});
    }

    task<> look_at_certificate(target target, support::uuid uid)
    {
        const certificate_binding* object = parts.store.find(uid);
        if (object == nullptr)
        {
            co_return;
        }
        const auto id = object->spec.certificate_id;
        const auto& known = object->status.certificate;
        const auto expires_at = known.id == id ? known.expires_at : std::nullopt;
        const auto asked_at = parts.clock.now();
        auto answer = co_await parts.cloud.get_certificate(target.region.str(), id, expires_at);
        remember_certificate(memories[target], uid, id, {asked_at, std::move(answer)});
    }

    task<> look_at_ref(target target, std::string ref)
    {
        const auto asked_at = parts.clock.now();
        const auto state = co_await parts.cloud.look_up(target.region.str(), ref);
        remember_ref(memories[target], ref, asked_at, state);
    }

    // Rule 4: every other listener with a binding of ours on this load balancer.
    task<std::vector<neighbour>> look_at_neighbours(round& r)
    {
        const auto balancer = memories[r.target].listener->value->load_balancer_id;
        std::vector<target> others;
        for (const target& each : parts.store.targets())
        {
            if (each == r.target || each.region != r.target.region)
            {
                continue;
            }
            const auto known = memories.find(each);
            const bool read =
                known != memories.end() && known->second.listener && known->second.listener->value;
            if (!read || known->second.listener->value->load_balancer_id == balancer)
            {
                others.push_back(each);
            }
        }
        std::vector<neighbour> seen(others.size());
        jobs all;
        for (std::size_t i = 0; i < others.size(); ++i)
        {
            all.push_back([this, &seen, &others, i, balancer] {
                return look_at_neighbour(others[i], balancer, seen[i]);
            });
        }
        co_await support::run_all(std::move(all), side_by_side);
        std::erase_if(seen, [](const neighbour& each) { return each.dead_ref.empty() && !each.undecided; });
        co_return seen;
    }

    task<> look_at_neighbour(target other, support::uuid balancer, neighbour& seen)
    {
        seen.target = other;
        const auto answer = co_await parts.cloud.get_listener(other.region.str(), other.listener);
        if (!answer)
        {
            const auto kind = answer.error().kind;
            seen.undecided = kind == cloud::failure::transient || kind == cloud::failure::rate_limited;
            co_return;
        }
        if (answer->load_balancer_id != balancer)
        {
            // Remembered for the next time; its own round will look again.
            target_memory& memory = memories[other];
            if (!memory.listener)
            {
                memory.listener = sighting<cloud::answer<cloud::listener>>{support::time_point{}, answer};
            }
            co_return;
        }
        std::vector<std::string> refs = answer->sni_refs;
        for (const auto& ref : {answer->default_ref, answer->client_ca_ref, answer->client_crl_ref})
        {
            if (ref)
            {
                refs.push_back(*ref);
            }
        }
        for (const std::string& ref : refs)
        {
            co_await look_at_ref(other, ref);
            const ref_sighting& sighted = memories[other].refs[cloud::ref_key(ref)];
            if (sighted.state != cloud::ref_state::dead)
            {
                continue;
            }
            if (sighted.asked_at - *sighted.dead_since < settings.proof)
            {
                seen.undecided = true;
                continue;
            }
            seen.dead_ref = ref;
            seen.ours = refs.size() > 1 && holds(other, ref);
        }
    }

    bool holds(const target& where, const std::string& ref) const
    {
        const auto objects = parts.store.bindings_of(where);
        return std::ranges::any_of(objects, [&](const certificate_binding* object) {
            return std::ranges::any_of(object->status.ledger.attachments, [&](const attachment& entry) {
                return cloud::same_ref(entry.container_ref.view(), ref);
            });
        });
    }

    // ---- writes to Kubernetes ----

    task<> do_commit(round& r, std::vector<write> writes)
    {
        jobs all;
        for (write& each : writes)
        {
            const certificate_binding* object = parts.store.find(each.uid);
            if (object != nullptr)
            {
                warn_of_foreign_ledger(r, *object);
                all.push_back([this, &r, prepared = prepare(*object, each)] { return send(r, prepared); });
            }
        }
        co_await support::run_all(std::move(all), side_by_side);
        r.committed_at = parts.clock.now();
    }

    static prepared_write prepare(const certificate_binding& object, const write& wanted)
    {
        prepared_write made;
        made.uid = object.uid;
        made.name = object.full_name();
        made.request.resource = bindings_resource;
        made.request.name_space = object.name_space.str();
        made.request.name = object.name;
        switch (wanted.kind)
        {
            case write_kind::add_finalizer:
                made.request.merge_patch = finalizers_patch(object, true);
                break;
            case write_kind::remove_finalizer:
                made.request.merge_patch = finalizers_patch(object, false);
                break;
            case write_kind::status:
                made.request.subresource = "status";
                made.request.merge_patch = status_patch(object, wanted.wanted);
                made.written = wanted.wanted.ledger;
                break;
        }
        return made;
    }

    task<> send(round& r, prepared_write prepared)
    {
        const auto answer = co_await parts.kube.patch(prepared.request);
        if (answer)
        {
            if (prepared.written)
            {
                const auto found = memories[r.target].bindings.find(prepared.uid);
                if (found != memories[r.target].bindings.end())
                {
                    found->second.held = prepared.written;
                }
            }
            parts.store.applied((*answer)->object());
            co_return;
        }
        const support::error& error = answer.error();
        const bool conflict = error.code == support::errc::status && error.http_status == 409;
        if (conflict && ++r.conflicts[prepared.uid] <= most_conflicts)
        {
            const auto fresh = co_await parts.kube.get(
                prepared.request.resource, prepared.request.name_space, prepared.request.name
            );
            if (fresh)
            {
                parts.store.applied((*fresh)->object());
                co_return;  // planned again from what it is now
            }
        }
        r.unwritable.insert(prepared.uid);
        const bool gone = error.code == support::errc::status && error.http_status == 404;
        support::log(
            gone ? log_level::debug : log_level::warn,
            "could not write the binding; trying again later",
            {{"binding", prepared.name}, {"error", error.message}}
        );
    }

    // Rule 2: a ledger that somebody else wrote is put back, never acted on.
    void warn_of_foreign_ledger(const round& r, const certificate_binding& object)
    {
        const auto found = memories[r.target].bindings.find(object.uid);
        if (found != memories[r.target].bindings.end() && found->second.held &&
            *found->second.held != object.status.ledger)
        {
            support::log(
                log_level::warn,
                "status.attachments was changed by somebody else; writing ours again",
                {{"binding", object.full_name()}}
            );
        }
    }

    // ---- the write to the cloud ----

    task<> do_put(round& r, put change)
    {
        const auto now = parts.clock.now();
        const auto deadline = now + deadline_of(settings, change.change);
        remember_put_sent(memories[r.target], settings, change.change, change.expected, now);
        support::log(
            log_level::info,
            "changing the listener",
            {{"listener", r.target.listener.str()},
             {"default",
              !change.change.default_ref ? "unchanged" : change.change.default_ref->value_or("null")},
             {"sni",
              change.change.sni_refs ? std::to_string(change.change.sni_refs->size()) + " refs" : "unchanged"
             },
             {"adds", std::to_string(change.adds.size())}}
        );
        auto answer = co_await parts.cloud.update_listener(
            r.target.region.str(), r.target.listener, std::move(change.change), deadline
        );
        std::vector<const certificate_binding*> added;
        for (const support::uuid& uid : change.adds)
        {
            if (const auto* object = parts.store.find(uid))
            {
                added.push_back(object);
            }
        }
        target_memory& memory = memories[r.target];
        remember_put_answer(memory, settings, added, answer, parts.clock.now());
        memory.listener.reset();  // what was read before it counts no more
        memory.load_balancer.reset();
        if (!answer)
        {
            support::log(
                log_level::warn,
                "the listener was not changed, or it is not known whether it was",
                {{"listener", r.target.listener.str()}, {"error", answer.error().message}}
            );
        }
    }

    // ---- lanes and logs ----

    static bool lane_known(const target_memory& memory) { return memory.listener && memory.listener->value; }

    lane lane_of(const target_memory& memory, const target& target) const
    {
        return {target.region, memory.listener->value->load_balancer_id};
    }

    void take_lane_for(const target_memory& memory, const target& target)
    {
        const lane which = lane_of(memory, target);
        if (traffic.take(which, target))
        {
            held_lanes[target] = which;
        }
    }

    void leave_lane(const target& target)
    {
        const auto held = held_lanes.find(target);
        if (held == held_lanes.end())
        {
            return;
        }
        const lane which = held->second;
        held_lanes.erase(held);
        for (const binding::target& waiting : traffic.leave(which, target))
        {
            parts.enqueue(waiting);
        }
    }

    void tell(round& r, const std::vector<notice>& notices)
    {
        for (const notice& each : notices)
        {
            const certificate_binding* object = parts.store.find(each.uid);
            if (object != nullptr && r.told.insert({each.uid, each.reason + each.message}).second)
            {
                support::log(
                    each.warning ? log_level::warn : log_level::info,
                    each.message,
                    {{"binding", object->full_name()}, {"reason", each.reason}}
                );
            }
        }
    }

    reconciler::parts parts;
    binding::settings settings;
    support::time_point started;
    std::map<target, target_memory> memories;
    std::map<target, int> slow_rounds;
    std::map<target, lane> held_lanes;
    lanes traffic;
};

reconciler::reconciler(parts parts, settings settings)
    : impl_(std::make_unique<impl>(std::move(parts), settings))
{}

reconciler::~reconciler() = default;

support::task<runtime::outcome> reconciler::reconcile(target target)
{
    return impl_->reconcile(std::move(target));
}

bool reconciler::concerns(const certificate_binding* before, const certificate_binding* after) const
{
    if (before == nullptr || after == nullptr)
    {
        return true;
    }
    const bool asked = before->generation != after->generation || before->deleting != after->deleting ||
                       before->abandoned != after->abandoned || before->requested_at != after->requested_at ||
                       (before->has_finalizer() && !after->has_finalizer() && !after->deleting);
    const auto memory = impl_->memories.find(target_of(*after));
    if (asked || memory == impl_->memories.end())
    {
        return true;
    }
    const auto known = memory->second.bindings.find(after->uid);
    return known == memory->second.bindings.end() || !known->second.held ||
           *known->second.held != after->status.ledger;
}

}  // namespace binding
