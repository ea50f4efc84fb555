#include "binding/reconcile/reconcile_pass.hpp"

#include "support/overloaded.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace binding {
namespace {

constexpr int most_steps = 100;    // of one pass
constexpr int most_conflicts = 5;  // of one object in one pass
constexpr int most_unsent_puts = 3;

// Whether the write announces a change of the listener: an entry that is not confirmed, and is not in the
// ledger yet.
bool is_write_ahead(const write& write, const certificate_binding* object)
{
    const auto announces = [&](const attachment& entry) {
        const auto is_there = [&](const attachment& known) {
            return known.container_ref == entry.container_ref && known.slot == entry.slot && !known.confirmed;
        };
        return !entry.confirmed &&
               (object == nullptr || std::ranges::none_of(object->status.ledger.attachments, is_there));
    };
    return write.kind == write_kind::status &&
           std::ranges::any_of(write.wanted.ledger.attachments, announces);
}

template <class T>
bool is_pending(const observed<cloud::answer<T>>& answer)
{
    return answer.value && answer.value->status == cloud::provisioning_status::pending;
}

void wake(pass_action& action, const std::optional<target>& next)
{
    if (next)
    {
        action.wake.push_back(*next);
    }
}

// A PUT of the target has ended in this pass. The target that waits for its turn need not wait until the
// statuses are written, because this one sends no other PUT before its own (turn_not_ours). A peer does
// wait: what it writes ahead in the ledgers of this target must not meet the writes that confirm them.
void pass_turn_on(const pass_context& at, const target& which, pass_action& action)
{
    if (at.states.is_turn_wanted(which) && at.store.peers_of(which).empty())
    {
        wake(action, at.states.leave_turn_unless_written(which, at.now));
    }
}

}  // namespace

reconcile_pass::reconcile_pass(
    binding::target target, const pass_context& at, std::optional<std::string> divided
)
    : target_(std::move(target)),
      started_(at.now),
      has_credential_(at.credentials.of(target_) != nullptr),
      divided_(std::move(divided))
{
    const target_facts& facts = at.states.of(target_).facts();
    read_before_ = facts.answers.listener_requested;
    could_write_ = facts.puts.may_write;
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
    while (steps_++ < most_steps)
    {
        auto bindings = at.store.bindings_of(target_);
        if (bindings.empty())
        {
            return end_without_bindings(at);
        }
        step step = plan_step(at, bindings);
        if (!std::holds_alternative<take_turn>(step))
        {
            pass_action action = begin(at, std::move(step));
            if (put_ended_)
            {
                pass_turn_on(at, target_, action);
            }
            return action;
        }
        at.states.take_turn(target_);
    }
    pass_action action{pass_end{pass_ending::endless, {requeue::retry, {}, {}}, 0}, {}};
    wake(action, at.states.leave_turn_unless_written(target_, at.now));
    return action;
}

// Records what is known without a question to the cloud, and plans.
step reconcile_pass::plan_step(const pass_context& at, binding_list& bindings)
{
    target_state& state = at.states.of(target_);
    state.record_bindings(bindings, at.settings, at.now, at.wall, others_sent_until(at));
    if (const arrivals& arrivals = state.facts().arrivals; arrivals.first)
    {
        at.states.record_arrival(arrivals.last);
    }
    if (at.states.take_cleanup_request(target_))
    {
        state.record_cleanup_request();
    }
    std::erase_if(bindings, [&](const certificate_binding* object) {
        return waits_for_next_pass(state.facts(), *object);
    });
    const auto peers = observe_peers(at, target_);
    record_observed_peers(state, bindings, peers, at.now);

    decision decision = plan(observe(at, bindings, peers));
    if (decision.put_resolved)
    {
        note_put_end(at);
        put_ended_ = true;
        at.states.record_put_effect(at.now);
        state.record_put_end();
    }
    std::ranges::move(decision.events, std::back_inserter(events_));
    return std::move(decision.step);
}

pass_action reconcile_pass::begin(const pass_context& at, step planned)
{
    if (const auto* how = std::get_if<done>(&planned))
    {
        return end(at, *how);
    }
    if (auto* writes = std::get_if<commit>(&planned))
    {
        if (at.state.is_stopping())
        {
            // The next process would wait for a PUT that never comes.
            std::erase_if(writes->writes, [&](const write& each) {
                return is_write_ahead(each, at.store.find(each.uid));
            });
            if (writes->writes.empty())
            {
                return end(at, {requeue::retry, {}, {}});
            }
        }
        begin_commit(at, *writes);
        return {std::move(*writes), {}};
    }
    if (auto* change = std::get_if<put>(&planned))
    {
        return at.state.is_stopping() ? end(at, {requeue::retry, {}, {}})
                                      : pass_action{std::move(*change), {}};
    }
    read_began_ = at.now;
    return {std::move(std::get<read>(planned)), {}};
}

observation reconcile_pass::observe(
    const pass_context& at, const binding_list& bindings, const observed_peers& peers
) const
{
    observation observed;
    observed.now = at.now;
    observed.wall = at.wall;
    observed.settings = &at.settings;
    observed.pass_started = started_;
    observed.longest_read = longest_read_;
    observed.longest_certificate_read = longest_certificate_read_;
    observed.committed_at = committed_at_;
    observed.bindings = bindings;
    for (const certificate_binding* object : bindings)
    {
        if (!has_credential_)
        {
            observed.missing[object->uid] = at.credentials.why_none(*object);
        }
        else if (object->deleting && at.credentials.borrowed(*object))
        {
            observed.borrowed.insert(object->uid);
        }
    }
    observed.divided = divided_;
    observed.controllers_credential = at.credentials.is_controllers(target_);
    observed.peers = peers.bindings;
    observed.peer_put_deadline = peers.put_deadline;
    observed.peers_unread = peers.unread;
    observed.last_arrival = at.state.last_arrival();
    observed.unwritable = unwritable_;
    observed.state = &at.states.of(target_).facts();
    observed.turn = at.state.turn(target_);
    observed.peer_has_turn = at.state.peer_has_turn(target_);
    observed.turn_is_wanted = at.state.is_turn_wanted(target_);
    observed.put_ended = put_ended_;
    observed.other_listeners = other_listeners_;
    observed.endpoint_check = endpoint_check_;
    return observed;
}

bool reconcile_pass::waits_for_next_pass(const target_facts& facts, const certificate_binding& object) const
{
    return !members_.contains(object.uid) && believed_ledger(facts, object).attachments.empty();
}

// ---- the end ----

pass_action reconcile_pass::end(const pass_context& at, const done& how)
{
    target_state& state = at.states.of(target_);
    const target_facts& facts = state.facts();
    const bool reads_now = !read_before_ && facts.answers.listener_requested;
    const bool concerns_peers =
        put_ended_ || writes_ledgers_ || reads_now || could_write_ != facts.puts.may_write;
    pass_action action;
    if (concerns_peers)
    {
        action.wake = at.store.peers_of(target_);
    }

    const auto bindings = at.store.bindings_of(target_);
    state.record_verified(bindings, started_, at.now);
    state.forget_refs(bindings);
    const bool put_to_come =
        how.next != requeue::resync && how.next != requeue::poll && how.next != requeue::slow;
    state.record_pass_end(put_to_come, how.next == requeue::resync);

    for (const binding::target& holder : how.cleanup_requests)
    {
        at.states.request_cleanup(holder);
        action.wake.push_back(holder);
    }
    if (how.next == requeue::turn)
    {
        at.states.wait_for_turn(target_);
    }
    else
    {
        wake(action, at.states.leave_turn_unless_written(target_, at.now));
    }
    const int slow_passes = at.states.count_slow_pass(target_, how.next == requeue::slow);
    action.step = pass_end{pass_ending::planned, how, slow_passes};
    if (how.next == requeue::resync)
    {
        at.states.rest(target_);
    }
    return action;
}

// No binding wants anything of the target any more. A PUT without an answer keeps the turn, because the PUT
// may still take effect.
pass_action reconcile_pass::end_without_bindings(const pass_context& at)
{
    const auto& put = at.states.of(target_).facts().puts.under_way;
    if (put && put->phase != put_phase::accepted && at.now < put->deadline)
    {
        const done wait{requeue::poll, put->deadline - at.now, {}};
        return {pass_end{pass_ending::put_in_doubt, wait, 0}, {}};
    }
    pass_action action{pass_end{pass_ending::no_bindings_left, {}, 0}, {}};
    wake(action, at.states.forget(target_));
    std::ranges::copy(at.store.peers_of(target_), std::back_inserter(action.wake));
    return action;
}

// ---- the answers to a read ----

void reconcile_pass::on_read(const pass_context& at, read_answer answer)
{
    target_state& state = at.states.of(target_);
    const support::overloaded record{
        [&](observed<cloud::answer<cloud::project_scope>>& scope) { state.record_scope(std::move(scope)); },
        [&](observed<cloud::answer<cloud::listener>>& listener) {
            const auto asked_at = listener.asked_at;
            const bool pending = is_pending(listener);
            at.states.record_listener(target_, at.settings, std::move(listener));
            if (pending)
            {
                note_under_way(at, asked_at);
            }
        },
        [&](observed<cloud::answer<cloud::load_balancer>>& load_balancer) {
            const auto asked_at = load_balancer.asked_at;
            const bool pending = is_pending(load_balancer);
            other_listeners_.reset();  // the load balancer may have got another listener
            state.record_load_balancer(std::move(load_balancer));
            if (pending)
            {
                note_under_way(at, asked_at);
            }
        },
        [&](certificate_answer& certificate) {
            const auto duration = at.now - certificate.answer.asked_at;
            longest_certificate_read_ = std::max(longest_certificate_read_, duration);
            state.record_certificate(
                certificate.binding, certificate.certificate_id, std::move(certificate.answer)
            );
        },
        [&](const ref_answer& ref) { state.record_ref(ref.ref, ref.state); },
        [&](const other_listener_answer& other) {
            state.record_other_listener(other.listener, other.answer);
        },
        [&](const other_ref_answer& other) {
            state.record_ref_on_other(other.look_up.ref, other.look_up.state);
        },
        [&](observed<std::vector<other_listener>>& others) {
            state.forget_refs_on_others(others.asked_at);
            other_listeners_ = std::move(others);
        },
        [&](const endpoint_check& check) { endpoint_check_ = check; },
    };
    std::visit(record, answer);
}

// ---- the writes to Kubernetes ----

void reconcile_pass::begin_commit(const pass_context& at, const commit& writes)
{
    target_state& state = at.states.of(target_);
    for (const write& write : writes.writes)
    {
        // Both are recorded before the write is sent, because the watch may show the object before the answer
        // comes.
        const certificate_binding* object = at.store.find(write.uid);
        writes_ledgers_ = writes_ledgers_ || (object != nullptr && write.kind == write_kind::status &&
                                              object->status.ledger != write.wanted.ledger);
        state.record_write_begin(write.uid, write.kind == write_kind::remove_finalizer);
    }
}

after_write reconcile_pass::on_committed(const pass_context& at, const write& sent, write_answer answer)
{
    committed_at_ = at.now;
    const certificate_binding* object = at.store.find(sent.uid);
    const bool may_count = answer == write_answer::taken || answer == write_answer::lost;
    if (object != nullptr && sent.kind == write_kind::status && may_count)
    {
        // Recorded at the target that the binding has now, because its credential may have changed since the
        // pass began.
        if (target_state* state = at.states.find(at.credentials.target_of(*object)))
        {
            state->record_ledger_write(sent.uid, sent.wanted.ledger, answer == write_answer::taken);
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
    at.states.of(target_).record_put_sent(at.settings, sent.change, sent.from, sent.expected, at.now);
}

void reconcile_pass::on_put_answered(const pass_context& at, const cloud::answer<cloud::listener>& answer)
{
    if (answer)
    {
        at.states.record_put_effect(at.now);
    }
    if (!answer && answer.error().kind == cloud::failure::too_late && ++unsent_puts_ < most_unsent_puts)
    {
        at.states.of(target_).record_put_unsent();
        return;
    }
    at.states.of(target_).record_put_answer(at.settings, put_adds_, answer, at.now);
    if (answer && answer->status == cloud::provisioning_status::pending)
    {
        note_under_way(at, at.now);
    }
}

void reconcile_pass::note_under_way(const pass_context& at, support::time_point asked_at) const
{
    target_state& state = at.states.of(target_);
    const auto& put = state.facts().puts.under_way;
    if (put && put->phase == put_phase::accepted && asked_at >= put->under_way_at)
    {
        const auto next = at.states.change_times_of(target_).next_look(asked_at - put->accepted_at);
        state.record_put_under_way(asked_at, put->accepted_at + next);
    }
}

void reconcile_pass::note_put_end(const pass_context& at) const
{
    const target_facts& facts = at.states.of(target_).facts();
    const auto& put = facts.puts.under_way;
    const auto& load_balancer = facts.answers.load_balancer;
    if (put && put->phase == put_phase::accepted && load_balancer && load_balancer->value &&
        load_balancer->asked_at >= put->under_way_at)
    {
        at.states.record_change(
            target_, put->under_way_at - put->accepted_at, load_balancer->asked_at - put->accepted_at
        );
    }
}

}  // namespace binding
