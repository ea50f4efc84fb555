#include "binding/reconcile/reconcile_pass.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace binding {
namespace {

constexpr int most_steps = 100;    // of one pass
constexpr int most_conflicts = 5;  // of one object in one pass

bool writes_for_others(
    const std::vector<write>& writes, const std::vector<const certificate_binding*>& bindings
)
{
    return std::ranges::any_of(writes, [&](const write& each) {
        return std::ranges::find(bindings, each.uid, &certificate_binding::uid) == bindings.end();
    });
}

void wake(pass_action& made, const std::optional<target>& next)
{
    if (next)
    {
        made.wake.push_back(*next);
    }
}

}  // namespace

reconcile_pass::reconcile_pass(binding::target target, const pass_context& at)
    : target_(std::move(target)), started_(at.now), has_credential_(at.credentials.of(target_) != nullptr)
{
    const target_state& state = at.state.of(target_);
    tried_before_ = state.tried;
    could_write_ = state.may_write;
    for (const certificate_binding* object : at.store.bindings_of(target_))
    {
        members_.insert(object->uid);
    }
}

pass_action reconcile_pass::next(const pass_context& at)
{
    if (const auto began = std::exchange(read_began_, std::nullopt))
    {
        longest_read_ = std::max(longest_read_, at.now - *began);
    }
    pass_action made;
    while (steps_++ < most_steps)
    {
        auto bindings = at.store.bindings_of(target_);
        if (bindings.empty())
        {
            return std::move(end_without_bindings(at, made));
        }

        // What is known from now on without asking the cloud: the bindings, requests of other targets, peers.
        target_state& state = at.state.of(target_);
        record_bindings(state, bindings, at.settings, at.now, at.wall, at.state.started());
        state.cleanup_requested = at.state.take_cleanup_request(target_) || state.cleanup_requested;
        std::erase_if(bindings, [&](const auto* each) { return waits_for_next_pass(state, *each); });
        const auto peers = observe_peers(at, target_);
        record_peers(state, bindings, peers, at.now);

        decision decided = plan(observe(at, bindings, peers));
        if (decided.put_resolved)
        {
            listener_changed_ = true;
            record_put_end(state);
        }
        std::ranges::move(decided.events, std::back_inserter(events_));

        if (auto* asked = std::get_if<read>(&decided.step))
        {
            read_began_ = at.now;
            if (asked->other_listeners)
            {
                forget_other_listeners(state, at.settings, at.now);
            }
            made.step = std::move(*asked);
            return made;
        }
        if (auto* writes = std::get_if<commit>(&decided.step))
        {
            begin_commit(at, *writes, bindings);
            made.step = std::move(*writes);
            return made;
        }
        if (auto* change = std::get_if<put>(&decided.step))
        {
            if (at.state.is_stopping())
            {
                return std::move(end(at, made, {requeue::retry, {}, {}}));
            }
            made.step = std::move(*change);
            return made;
        }
        if (const auto* how = std::get_if<done>(&decided.step))
        {
            return std::move(end(at, made, *how));
        }
        at.state.take_turn(target_);
    }
    wake(made, at.state.leave_turn_unless_written(target_, at.now));
    made.step = pass_end{pass_ending::endless, {requeue::retry, {}, {}}, 0};
    return made;
}

observation reconcile_pass::observe(
    const pass_context& at, const binding_list& bindings, const observed_peers& peers
) const
{
    observation seen;
    seen.now = at.now;
    seen.wall = at.wall;
    seen.settings = &at.settings;
    seen.pass_started = started_;
    seen.longest_read = longest_read_;
    seen.longest_certificate_read = longest_certificate_read_;
    seen.committed_at = committed_at_;
    seen.bindings = bindings;
    for (const certificate_binding* object : bindings)
    {
        if (!has_credential_)
        {
            seen.missing[object->uid] = at.credentials.why_none(*object);
        }
        else if (object->deleting && at.credentials.borrowed(*object))
        {
            seen.borrowed.insert(object->uid);
        }
    }
    seen.controllers_credential = at.credentials.is_controllers(target_);
    seen.peers = peers.bindings;
    seen.peer_put_deadline = peers.put_deadline;
    seen.peers_unread = peers.unread;
    seen.unwritable = unwritable_;
    seen.state = at.state.find(target_);
    seen.turn = at.state.turn(target_);
    seen.peer_has_turn = at.state.peer_has_turn(target_);
    seen.turn_is_wanted = at.state.is_turn_wanted(target_);
    seen.put_ended = listener_changed_;
    seen.other_listeners = other_listeners_;
    seen.endpoint_check = endpoint_check_;
    return seen;
}

bool reconcile_pass::waits_for_next_pass(const target_state& state, const certificate_binding& object) const
{
    return !members_.contains(object.uid) && believed_ledger(state, object).attachments.empty();
}

// ---- the end ----

pass_action& reconcile_pass::end(const pass_context& at, pass_action& made, const done& how)
{
    target_state& state = at.state.of(target_);
    if (listener_changed_ || announced_to_peers_ || (!tried_before_ && state.tried) ||
        could_write_ != state.may_write)
    {
        wake_peers(at, made);
    }

    const auto bindings = at.store.bindings_of(target_);
    record_verified(state, bindings, started_, at.now);
    forget_refs(state, bindings);
    state.cleanup_requested = false;
    if (how.next == requeue::resync || how.next == requeue::poll || how.next == requeue::slow)
    {
        state.first_arrival.reset();  // no PUT is to come
    }

    for (const binding::target& each : how.request_cleanup)
    {
        at.state.request_cleanup(each);
        made.wake.push_back(each);
    }
    if (how.next == requeue::turn)
    {
        at.state.wait_for_turn(target_);
    }
    else
    {
        wake(made, at.state.leave_turn_unless_written(target_, at.now));
    }
    const int slow_passes = at.state.count_slow_pass(target_, how.next == requeue::slow);
    made.step = pass_end{pass_ending::planned, how, slow_passes};
    return made;
}

// Nobody wants anything of the target any more; only a PUT without an answer keeps its turn, because it may
// still take effect.
pass_action& reconcile_pass::end_without_bindings(const pass_context& at, pass_action& made)
{
    const auto& put = at.state.of(target_).put;
    if (put && put->phase != put_phase::accepted && at.now < put->deadline)
    {
        made.step = pass_end{pass_ending::put_in_doubt, {requeue::poll, put->deadline - at.now, {}}, 0};
        return made;
    }
    wake(made, at.state.forget(target_));
    wake_peers(at, made);
    made.step = pass_end{pass_ending::no_bindings_left, {}, 0};
    return made;
}

// What this target has done may be what its peers wait for.
void reconcile_pass::wake_peers(const pass_context& at, pass_action& made) const
{
    std::ranges::copy(at.store.peers_of(target_), std::back_inserter(made.wake));
}

// ---- what was read ----

void reconcile_pass::on_read(const pass_context& at, observed<cloud::answer<cloud::project_scope>> scope)
{
    record_scope(at.state.of(target_), std::move(scope));
}

void reconcile_pass::on_read(const pass_context& at, observed<cloud::answer<cloud::listener>> listener)
{
    target_state& state = at.state.of(target_);
    state.timed_out_at = has_timed_out(listener.asked_at, at.now, listener.value)
                             ? std::optional(listener.asked_at)
                             : std::nullopt;
    record_listener(state, at.settings, std::move(listener));
}

void reconcile_pass::on_read(
    const pass_context& at, observed<cloud::answer<cloud::load_balancer>> load_balancer
)
{
    record_load_balancer(at.state.of(target_), std::move(load_balancer));
}

void reconcile_pass::on_read(const pass_context& at, certificate_answer certificate)
{
    longest_certificate_read_ = std::max(longest_certificate_read_, at.now - certificate.seen.asked_at);
    record_certificate(
        at.state.of(target_), certificate.binding, certificate.certificate_id, std::move(certificate.seen)
    );
}

void reconcile_pass::on_read(const pass_context& at, const ref_answer& ref)
{
    record_ref(at.state.of(target_).refs, ref.ref, ref.seen.asked_at, ref.seen.value);
}

void reconcile_pass::on_read(const pass_context& at, const other_listener_answer& answer)
{
    record_other_listener(at.state.of(target_), answer.target, answer.seen, at.now);
}

void reconcile_pass::on_read(const pass_context& at, const other_ref_answer& answer)
{
    auto& refs = at.state.of(target_).other_listeners[answer.target].refs;
    record_ref(refs, answer.answer.ref, answer.answer.seen.asked_at, answer.answer.seen.value);
}

void reconcile_pass::on_read(
    const pass_context& /*at*/, observed<std::vector<other_listener>> other_listeners
)
{
    other_listeners_ = std::move(other_listeners);
}

void reconcile_pass::on_read(const pass_context& /*at*/, endpoint_check check)
{
    endpoint_check_ = check;
}

// ---- what was written ----

void reconcile_pass::begin_commit(const pass_context& at, const commit& writes, const binding_list& bindings)
{
    announced_to_peers_ = announced_to_peers_ || writes_for_others(writes.writes, bindings);
    auto& known = at.state.of(target_).bindings;
    for (const write& each : writes.writes)
    {
        // Before the watch may show it.
        if (const auto found = known.find(each.uid); found != known.end())
        {
            found->second.released = each.kind == write_kind::remove_finalizer;
        }
    }
}

after_write reconcile_pass::on_committed(const pass_context& at, const write& sent, write_answer answer)
{
    committed_at_ = at.now;
    const certificate_binding* object = at.store.find(sent.uid);
    const bool may_count = answer == write_answer::taken || answer == write_answer::lost;
    if (object != nullptr && sent.kind == write_kind::status && may_count)
    {
        // Where the binding is now: its credential may have changed since the pass began.
        if (target_state* state = at.state.find(at.credentials.target_of(*object)))
        {
            record_ledger_write(*state, sent.uid, sent.wanted.ledger, answer == write_answer::taken);
        }
    }
    if (may_count)
    {
        std::ranges::copy(sent.events, std::back_inserter(events_));
    }
    if (answer == write_answer::taken)
    {
        return after_write::apply;
    }
    if (answer == write_answer::conflict && ++conflicts_[sent.uid] <= most_conflicts)
    {
        return after_write::read_again;
    }
    on_unwritable(sent.uid);
    return after_write::nothing;
}

bool reconcile_pass::on_applied(const pass_context& at, const write& sent)
{
    const certificate_binding* object = at.store.find(sent.uid);
    const bool kept = object == nullptr || sent.kind != write_kind::status ||
                      (object->status.ledger == sent.wanted.ledger &&
                       object->status.handled_request == sent.wanted.handled_request);
    if (!kept)
    {
        on_unwritable(sent.uid);
    }
    return kept;
}

// ---- the PUT ----

void reconcile_pass::on_put_sent(const pass_context& at, const put& sent)
{
    put_adds_ = sent.adds;
    std::ranges::copy(sent.events, std::back_inserter(events_));
    record_put_sent(at.state.of(target_), at.settings, sent.change, sent.from, sent.expected, at.now);
}

void reconcile_pass::on_put_answered(const pass_context& at, const cloud::answer<cloud::listener>& answer)
{
    target_state& state = at.state.of(target_);
    record_put_answer(state, at.settings, put_adds_, answer, at.now);
    state.listener.reset();  // what was read before it counts no more
    state.load_balancer.reset();
}

}  // namespace binding
