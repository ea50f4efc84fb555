#include "binding/reconcile/reconciler.hpp"

#include "binding/events/recorder.hpp"
#include "binding/observed/target_state.hpp"
#include "binding/plan/plan.hpp"
#include "binding/reconcile/cloud_reader.hpp"
#include "binding/reconcile/load_balancer_queue.hpp"
#include "binding/reconcile/peers.hpp"
#include "binding/reconcile/writer.hpp"
#include "binding/status/ready_status.hpp"
#include "support/log.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace binding {
namespace {

using namespace std::chrono_literals;
using support::log_level;
using support::task;

constexpr int most_steps = 100;  // of one round; more is a plan that goes round in circles
constexpr double resync_jitter = 0.2;

}  // namespace

struct reconciler::impl
{
    impl(parts p, settings s) : parts(std::move(p)), settings(s), started(parts.clock.now()) {}

    // ---- the round ----

    task<runtime::outcome> reconcile(target target)
    {
        round r;
        r.target = target;
        r.started = parts.clock.now();
        r.credential = parts.credentials.of(target);
        r.tried_before = memories[target].tried;
        r.could_write = memories[target].may_write;
        for (const certificate_binding* each : parts.store.bindings_of(target))
        {
            r.members.insert(each->uid);
        }
        for (int steps = 0; steps < most_steps; ++steps)
        {
            auto bindings = parts.store.bindings_of(target);
            target_memory& memory = memories[target];
            if (bindings.empty())
            {
                co_return end_without_bindings(target);
            }
            remember_bindings(memory, bindings, settings, parts.clock.now(), parts.clock.wall(), started);
            std::erase_if(bindings, [&](const auto* each) { return waits_for_next_round(r, *each); });
            const auto siblings = look_at_siblings(
                target, parts.store, parts.credentials, memories, settings, started, parts.clock.now()
            );
            remember_siblings(memory, bindings, siblings);
            decision decided = plan(world_of(r, memory, bindings, siblings));
            if (decided.put_resolved)
            {
                r.listener_changed = true;
                remember_put_end(memory);
            }
            if (std::holds_alternative<look>(decided.step))
            {
                std::erase_if(decided.notices, [](const notice& each) { return !each.at_once; });
            }
            records.tell(decided.notices);
            if (auto* asked = std::get_if<look>(&decided.step))
            {
                co_await gatherer.look_at(r, std::move(*asked));
            }
            else if (auto* writes = std::get_if<commit>(&decided.step))
            {
                r.told_siblings = r.told_siblings || writes_for_others(writes->writes, bindings);
                co_await applier.write_all(r, std::move(writes->writes));
            }
            else if (std::holds_alternative<take_lane>(decided.step))
            {
                take_lane_for(memory, target);
            }
            else if (stopping && std::holds_alternative<put>(decided.step))
            {
                co_return end(r, finish{pause::retry, {}, {}});
            }
            else if (auto* change = std::get_if<put>(&decided.step))
            {
                co_await applier.change_listener(r, std::move(*change));
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
        leave_lane_unless_written(target);
        co_return runtime::outcome{runtime::outcome::kind::retry, {}};
    }

    // Who comes while the round is under way joins the next one, or it might never end. Not so who brings a
    // ledger: without it its refs would be foreign.
    static bool waits_for_next_round(const round& r, const certificate_binding& object)
    {
        return !r.members.contains(object.uid) && object.status.ledger.attachments.empty();
    }

    static bool writes_for_others(
        const std::vector<write>& writes, const std::vector<const certificate_binding*>& bindings
    )
    {
        return std::ranges::any_of(writes, [&](const write& each) {
            return std::ranges::find(bindings, each.uid, &certificate_binding::uid) == bindings.end();
        });
    }

    world world_of(
        const round& r,
        const target_memory& memory,
        const std::vector<const certificate_binding*>& bindings,
        const siblings_seen& siblings
    ) const
    {
        world made;
        made.now = parts.clock.now();
        made.wall = parts.clock.wall();
        made.settings = &settings;
        made.round_started = r.started;
        made.longest_look = r.longest_look;
        made.longest_certificate_look = r.longest_certificate_look;
        made.committed_at = r.committed_at;
        made.bindings = bindings;
        for (const certificate_binding* object : bindings)
        {
            if (!r.credential)
            {
                made.missing[object->uid] = parts.credentials.why_none(*object);
            }
            else if (object->deleting && parts.credentials.lent(*object))
            {
                made.lent.insert(object->uid);
            }
        }
        made.controllers_credential = parts.credentials.is_controllers(r.target);
        made.siblings = siblings.bindings;
        made.sibling_put = siblings.put_deadline;
        made.siblings_unread = siblings.unread;
        made.unwritable = r.unwritable;
        made.memory = &memory;
        made.lane = held_lanes.contains(r.target) ? lane_state::ours
                    : lane_known(memory)          ? traffic.state(lane_of(memory, r.target), r.target)
                                                  : lane_state::free;
        if (made.lane == lane_state::taken)
        {
            const auto by = traffic.taken_by(lane_of(memory, r.target));
            made.siblings_have_lane = by && same_listener(*by, r.target);
        }
        const auto held = held_lanes.find(r.target);
        made.lane_is_wanted = held != held_lanes.end() && traffic.is_wanted(held->second);
        made.put_ended = r.listener_changed;
        made.neighbours = r.neighbours;
        made.survey = r.survey;
        return made;
    }

    void remember_siblings(
        target_memory& memory,
        const std::vector<const certificate_binding*>& bindings,
        const siblings_seen& siblings
    ) const
    {
        if (siblings.bindings.empty())
        {
            memory.siblings_since.reset();
        }
        else if (!memory.siblings_since)
        {
            memory.siblings_since = parts.clock.now();
        }
        remember_heirs(memory, bindings, siblings.bindings, parts.clock.now());
    }

    // What this target has done may be what the others of its listener wait for.
    void wake_siblings(const target& target)
    {
        for (const binding::target& each : parts.store.siblings_of(target))
        {
            parts.enqueue(each);
        }
    }

    // A binding that acts with another credential from now on keeps what is known of it (rule 2: what status
    // holds is believed at a start alone), but for what the old credential was told. A PUT of an earlier
    // process is waited for here as there (rule 9).
    void hand_over(const target& from, const target& to, const support::uuid& uid)
    {
        const auto old = memories.find(from);
        if (from == to || old == memories.end() || !old->second.bindings.contains(uid))
        {
            return;
        }
        binding_memory known = std::move(old->second.bindings.at(uid));
        old->second.bindings.erase(uid);
        known.certificate.reset();
        known.certificate_polls = 0;
        known.refused.reset();  // Octavia before 11.0.1 refuses it for application credentials alone
        target_memory& memory = memories[to];
        memory.bindings.insert_or_assign(uid, std::move(known));
        const auto& put = old->second.put;
        if (put && put->phase == put_phase::before_start && !memory.put)
        {
            memory.put = put;
        }
    }

    // Nobody wants anything of the target any more; only a PUT without an answer keeps its lane, as it may
    // still take effect.
    runtime::outcome end_without_bindings(const target& target)
    {
        const auto& put = memories[target].put;
        const auto now = parts.clock.now();
        if (put && put->phase != put_phase::accepted && now < put->deadline)
        {
            return {runtime::outcome::kind::later, put->deadline - now, runtime::urgency::routine};
        }
        forget(target);
        wake_siblings(target);
        return {};
    }

    runtime::outcome end(const round& r, const finish& how)
    {
        target_memory& memory = memories[r.target];
        if (r.listener_changed || r.told_siblings || (!r.tried_before && memory.tried) ||
            r.could_write != memory.may_write)
        {
            wake_siblings(r.target);
        }
        remember_verified(memory, parts.store.bindings_of(r.target), r.started, parts.clock.now());
        forget_refs(memory, parts.store.bindings_of(r.target));
        memory.asked_to_clean = false;
        if (how.next == pause::resync || how.next == pause::poll || how.next == pause::slow)
        {
            memory.first_arrival.reset();  // no PUT is to come
        }
        for (const target& each : how.prod)
        {
            memories[each].asked_to_clean = true;
            parts.enqueue(each);
        }
        if (how.next == pause::lane)
        {
            traffic.wait(lane_of(memory, r.target), r.target);
        }
        else
        {
            leave_lane_unless_written(r.target);
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
            case pause::settle:
                return {kind::later, how.wait, runtime::urgency::urgent};
            case pause::poll:
                return {kind::later, how.wait, runtime::urgency::routine};
            case pause::retry:
                // Those who were sent away together do not come back together.
                return {
                    kind::retry, support::jittered(how.wait * 6 / 5, resync_jitter * 5 / 6, parts.random)
                };
            case pause::slow: {
                const support::backoff wait{
                    15s, std::min<support::duration>(5min, settings.resync_period), resync_jitter
                };
                const auto pause = wait.wait(slow, parts.random);
                return {
                    kind::later,
                    how.wait > support::duration{} ? std::min(pause, how.wait) : pause,
                    runtime::urgency::routine
                };
            }
            case pause::resync:
            case pause::lane:
                break;
        }
        return {
            kind::later,
            support::jittered(settings.resync_period, resync_jitter, parts.random),
            runtime::urgency::routine
        };
    }

    void forget(const target& target)
    {
        leave_lane(target);
        memories.erase(target);
        slow_rounds.erase(target);
    }

    // ---- lanes ----

    static bool lane_known(const target_memory& memory) { return memory.listener && memory.listener->value; }

    lane lane_of(const target_memory& memory, const target& target) const
    {
        return {target.region, memory.listener->value->load_balancer_id, target.identity};
    }

    void take_lane_for(const target_memory& memory, const target& target)
    {
        const lane which = lane_of(memory, target);
        if (traffic.take(which, target))
        {
            held_lanes[target] = which;
        }
    }

    // A PUT that is past its deadline is not under way, read back or not.
    void leave_lane_unless_written(const target& target)
    {
        const auto& put = memories[target].put;
        if (!put || parts.clock.now() >= put->deadline || !held_lanes.contains(target))
        {
            leave_lane(target);
        }
    }

    void leave_lane(const target& target)
    {
        const auto held = held_lanes.find(target);
        const auto next =
            held == held_lanes.end() ? traffic.let_pass(target) : traffic.leave(held->second, target);
        held_lanes.erase(target);
        if (next)
        {
            parts.enqueue(*next);
        }
    }

    reconciler::parts parts;
    binding::settings settings;
    support::time_point started;
    bool stopping = false;
    std::map<target, target_memory> memories;
    std::map<target, int> slow_rounds;
    std::map<target, lane> held_lanes;
    lanes traffic;
    recorder records{parts.clock, parts.store, parts.observer};
    gather gatherer{
        {parts.kube, parts.credentials, parts.clock, parts.store, memories, settings, parts.observer}
    };
    apply applier{
        {parts.kube, parts.credentials, parts.clock, parts.store, memories, settings, parts.observer}
    };
};

reconciler::reconciler(parts parts, settings settings)
    : impl_(std::make_unique<impl>(std::move(parts), settings))
{}

reconciler::~reconciler() = default;

support::task<runtime::outcome> reconciler::reconcile(target target)
{
    return impl_->reconcile(std::move(target));
}

void reconciler::changed(
    const std::optional<target>& where, const certificate_binding* before, const certificate_binding* after
)
{
    if (before != nullptr && after != nullptr)
    {
        impl_->records.tell_change(*before, *after);
    }
    if (before != nullptr && where)
    {
        const auto memory = impl_->memories.find(*where);
        impl_->records.tell_orphans(
            *before, after, memory == impl_->memories.end() ? nullptr : &memory->second
        );
    }
    if (where && after != nullptr)
    {
        impl_->hand_over(*where, impl_->parts.credentials.target_of(*after), after->uid);
    }
    if (before != nullptr && after == nullptr)
    {
        impl_->records.forget(before->uid);
    }
}

void reconciler::stop()
{
    impl_->stopping = true;
}

std::optional<support::duration> reconciler::round_due(
    const target& where, const certificate_binding* before, const certificate_binding* after
) const
{
    constexpr support::duration at_once{};
    if (after == nullptr)
    {
        return at_once;
    }
    const auto memory = impl_->memories.find(where);
    if (memory == impl_->memories.end())
    {
        return at_once;
    }
    const bool arrives =
        before == nullptr || before->generation != after->generation || before->deleting != after->deleting;
    if (arrives && memory->second.first_arrival)
    {
        return impl_->settings.settle;  // the gather for the first of them has begun; one more for the others
    }
    const bool asked = arrives || before->abandoned != after->abandoned ||
                       before->requested_at != after->requested_at ||
                       (before->has_finalizer() && !after->has_finalizer() && !after->deleting);
    const auto known = memory->second.bindings.find(after->uid);
    if (asked || known == memory->second.bindings.end() || !known->second.held ||
        *known->second.held != after->status.ledger)
    {
        return at_once;
    }
    return std::nullopt;
}

}  // namespace binding
