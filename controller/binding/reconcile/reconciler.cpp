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
        pass r;
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
            target_state& memory = memories[target];
            if (bindings.empty())
            {
                co_return end_without_bindings(target);
            }
            record_bindings(memory, bindings, settings, parts.clock.now(), parts.clock.wall(), started);
            std::erase_if(bindings, [&](const auto* each) { return waits_for_next_round(r, *each); });
            const auto peers = observe_peers(
                target, parts.store, parts.credentials, memories, settings, started, parts.clock.now()
            );
            record_peers(memory, bindings, peers);
            decision decided = plan(observe(r, memory, bindings, peers));
            if (decided.put_resolved)
            {
                r.listener_changed = true;
                record_put_end(memory);
            }
            records.tell(decided.events);
            if (const auto* writes = std::get_if<commit>(&decided.step))
            {
                for (const write& each : writes->writes)
                {
                    records.tell(each.events);
                }
            }
            if (const auto* change = std::get_if<put>(&decided.step))
            {
                records.tell(change->events);
            }
            if (auto* asked = std::get_if<read>(&decided.step))
            {
                co_await reader.look_at(r, std::move(*asked));
            }
            else if (auto* writes = std::get_if<commit>(&decided.step))
            {
                r.announced_to_peers = r.announced_to_peers || writes_for_others(writes->writes, bindings);
                co_await writing.write_all(r, std::move(writes->writes));
            }
            else if (std::holds_alternative<take_turn>(decided.step))
            {
                take_turn_for(memory, target);
            }
            else if (stopping && std::holds_alternative<put>(decided.step))
            {
                co_return end(r, done{requeue::retry, {}, {}});
            }
            else if (auto* change = std::get_if<put>(&decided.step))
            {
                co_await writing.change_listener(r, std::move(*change));
            }
            else
            {
                co_return end(r, std::get<done>(decided.step));
            }
        }
        support::log(
            log_level::error,
            "a round does not come to an end, which is a bug; trying again later",
            {{"listener", target.listener.str()}}
        );
        leave_turn_unless_written(target);
        co_return runtime::outcome{runtime::outcome::kind::retry, {}};
    }

    // Who comes while the round is under way joins the next one, or it might never end. Not so who brings a
    // ledger: without it its refs would be foreign.
    static bool waits_for_next_round(const pass& r, const certificate_binding& object)
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

    observation observe(
        const pass& r,
        const target_state& memory,
        const std::vector<const certificate_binding*>& bindings,
        const observed_peers& peers
    ) const
    {
        observation made;
        made.now = parts.clock.now();
        made.wall = parts.clock.wall();
        made.settings = &settings;
        made.pass_started = r.started;
        made.longest_read = r.longest_read;
        made.longest_certificate_read = r.longest_certificate_read;
        made.committed_at = r.committed_at;
        made.bindings = bindings;
        for (const certificate_binding* object : bindings)
        {
            if (!r.credential)
            {
                made.missing[object->uid] = parts.credentials.why_none(*object);
            }
            else if (object->deleting && parts.credentials.borrowed(*object))
            {
                made.borrowed.insert(object->uid);
            }
        }
        made.controllers_credential = parts.credentials.is_controllers(r.target);
        made.peers = peers.bindings;
        made.peer_put_deadline = peers.put_deadline;
        made.peers_unread = peers.unread;
        made.unwritable = r.unwritable;
        made.state = &memory;
        made.turn = held_turns.contains(r.target) ? turn_state::ours
                    : queue_key_known(memory)     ? queues.state(queue_key_of(memory, r.target), r.target)
                                                  : turn_state::free;
        if (made.turn == turn_state::taken)
        {
            const auto by = queues.taken_by(queue_key_of(memory, r.target));
            made.peer_has_turn = by && same_listener(*by, r.target);
        }
        const auto held = held_turns.find(r.target);
        made.turn_is_wanted = held != held_turns.end() && queues.is_wanted(held->second);
        made.put_ended = r.listener_changed;
        made.other_listeners = r.other_listeners;
        made.endpoint_check = r.endpoint_check;
        return made;
    }

    void record_peers(
        target_state& memory,
        const std::vector<const certificate_binding*>& bindings,
        const observed_peers& peers
    ) const
    {
        if (peers.bindings.empty())
        {
            memory.peers_since.reset();
        }
        else if (!memory.peers_since)
        {
            memory.peers_since = parts.clock.now();
        }
        record_heirs(memory, bindings, peers.bindings, parts.clock.now());
    }

    // What this target has done may be what the others of its listener wait for.
    void wake_peers(const target& target)
    {
        for (const binding::target& each : parts.store.peers_of(target))
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
        binding_state known = std::move(old->second.bindings.at(uid));
        old->second.bindings.erase(uid);
        known.certificate.reset();
        known.certificate_polls = 0;
        known.quarantine.reset();  // Octavia before 11.0.1 refuses it for application credentials alone
        target_state& memory = memories[to];
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
        wake_peers(target);
        return {};
    }

    runtime::outcome end(const pass& r, const done& how)
    {
        target_state& memory = memories[r.target];
        if (r.listener_changed || r.announced_to_peers || (!r.tried_before && memory.tried) ||
            r.could_write != memory.may_write)
        {
            wake_peers(r.target);
        }
        record_verified(memory, parts.store.bindings_of(r.target), r.started, parts.clock.now());
        forget_refs(memory, parts.store.bindings_of(r.target));
        memory.cleanup_requested = false;
        if (how.next == requeue::resync || how.next == requeue::poll || how.next == requeue::slow)
        {
            memory.first_arrival.reset();  // no PUT is to come
        }
        for (const target& each : how.request_cleanup)
        {
            memories[each].cleanup_requested = true;
            parts.enqueue(each);
        }
        if (how.next == requeue::turn)
        {
            queues.wait(queue_key_of(memory, r.target), r.target);
        }
        else
        {
            leave_turn_unless_written(r.target);
        }
        int& slow = slow_rounds[r.target];
        slow = how.next == requeue::slow ? slow + 1 : 0;
        return outcome_of(how, slow);
    }

    runtime::outcome outcome_of(const done& how, int slow)
    {
        using kind = runtime::outcome::kind;
        switch (how.next)
        {
            case requeue::after:
            case requeue::settle:
                return {kind::later, how.wait, runtime::urgency::urgent};
            case requeue::poll:
                return {kind::later, how.wait, runtime::urgency::routine};
            case requeue::retry:
                // Those who were sent away together do not come back together.
                return {
                    kind::retry, support::jittered(how.wait * 6 / 5, resync_jitter * 5 / 6, parts.random)
                };
            case requeue::slow: {
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
            case requeue::resync:
            case requeue::turn:
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
        leave_turn(target);
        memories.erase(target);
        slow_rounds.erase(target);
    }

    // ---- lanes ----

    static bool queue_key_known(const target_state& memory)
    {
        return memory.listener && memory.listener->value;
    }

    load_balancer_key queue_key_of(const target_state& memory, const target& target) const
    {
        return {target.region, memory.listener->value->load_balancer_id, target.identity};
    }

    void take_turn_for(const target_state& memory, const target& target)
    {
        const load_balancer_key which = queue_key_of(memory, target);
        if (queues.take(which, target))
        {
            held_turns[target] = which;
        }
    }

    // A PUT that is past its deadline is not under way, read back or not.
    void leave_turn_unless_written(const target& target)
    {
        const auto& put = memories[target].put;
        if (!put || parts.clock.now() >= put->deadline || !held_turns.contains(target))
        {
            leave_turn(target);
        }
    }

    void leave_turn(const target& target)
    {
        const auto held = held_turns.find(target);
        const auto next =
            held == held_turns.end() ? queues.let_pass(target) : queues.leave(held->second, target);
        held_turns.erase(target);
        if (next)
        {
            parts.enqueue(*next);
        }
    }

    reconciler::parts parts;
    binding::settings settings;
    support::time_point started;
    bool stopping = false;
    std::map<target, target_state> memories;
    std::map<target, int> slow_rounds;
    std::map<target, load_balancer_key> held_turns;
    load_balancer_queue queues;
    recorder records{parts.clock, parts.store, parts.observer};
    cloud_reader reader{
        {parts.kube, parts.credentials, parts.clock, parts.store, memories, settings, parts.observer}
    };
    writer writing{
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

std::optional<support::duration> reconciler::requeue_delay(
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
