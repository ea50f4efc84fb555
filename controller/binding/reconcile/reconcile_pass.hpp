#pragma once

#include "binding/plan/plan.hpp"
#include "binding/targets/pass_context.hpp"
#include "binding/targets/peers.hpp"

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

// One pass over a target as a state machine without I/O: it says what to read, commit or send, and is told
// what came of it.
//
// Flow:
//   1. next() plans, and gives the action that the plan wants: read, commit, put or pass_end. Taking the turn
//   at
//      the load balancer needs no I/O, so it happens inside.
//   2. The driver does the action, feeds each answer as it comes (on_read, on_committed, on_put_sent,
//      on_put_answered), and calls next() again when all of them have come.
//   3. pass_end says when the target is wanted again. No call follows it.
// Guarantees: every request is an action of its own, so a crash between two requests is a crash between two
//   calls of next(). A pass ends after at most 100 actions. Whatever ends a pass, its turn is given up unless
//   a PUT may still take effect.
// Assumptions: never two passes of one target at a time. A pass may be dropped at any time, as a crash drops
// it;
//   what it has told the state stays.
// Caveats: the pass is a value, and so holds no reference; whoever calls it brings the context.
namespace binding {

enum class pass_ending
{
    planned,           // as the plan says
    put_in_doubt,      // there is no binding any more, but a PUT may still take effect
    no_bindings_left,  // nothing of the target is left, and nothing is remembered
    endless,           // too many steps, which is a bug
};

struct pass_end
{
    pass_ending how = pass_ending::planned;
    done planned{};       // put_in_doubt: `wait` alone counts
    int slow_passes = 0;  // in a row that ended as requeue::slow, this one included
};

struct pass_action
{
    std::variant<read, commit, put, pass_end> step;
    std::vector<target> wake;  // targets that have to be reconciled now
};

// ---- the answers to a read ----

struct certificate_answer
{
    support::uuid binding;
    support::uuid certificate_id;
    observed<cloud::answer<cloud::certificate>> seen;
};

struct ref_answer
{
    cloud::container_ref ref;
    observed<cloud::ref_state> seen;
};

struct other_listener_answer
{
    binding::target target;
    observed<cloud::answer<cloud::listener>> seen;
};

struct other_ref_answer
{
    binding::target target;  // whose listener holds it
    ref_answer answer;
};

using read_answer = std::variant<
    observed<cloud::answer<cloud::project_scope>>,
    observed<cloud::answer<cloud::listener>>,
    observed<cloud::answer<cloud::load_balancer>>,
    certificate_answer,
    ref_answer,
    other_listener_answer,
    other_ref_answer,
    observed<std::vector<other_listener>>,
    endpoint_check>;

// What came of one write to Kubernetes.
enum class write_answer
{
    taken,
    conflict,  // the object has changed
    lost,      // it may have taken effect
    refused,
};

// What the driver has to do about it.
enum class after_write
{
    nothing,
    apply,       // enter the object that was answered into the store, then on_applied()
    read_again,  // the object; enter it into the store, or on_unwritable()
};

class reconcile_pass
{
public:
    reconcile_pass(binding::target target, const pass_context& at);

    const binding::target& target() const { return target_; }
    support::time_point started() const { return started_; }

    pass_action next(const pass_context& at);

    void on_read(const pass_context& at, read_answer answer);

    after_write on_committed(const pass_context& at, const write& sent, write_answer answer);
    // The store has the object as it is after the write. False: the API server did not keep all that was
    // written.
    bool on_applied(const pass_context& at, const write& sent);
    void on_unwritable(const support::uuid& uid) { unwritable_.insert(uid); }

    // From here on the PUT may take effect.
    void on_put_sent(const pass_context& at, const put& sent);
    // A read of the listener before the PUT was answered.
    void on_read_during_put(const pass_context& at, const cloud::answer<cloud::listener>& answer);
    void on_put_answered(const pass_context& at, const cloud::answer<cloud::listener>& answer);

    // What has become true since the last call. The driver records it before it does anything else, so that a
    // crash loses as little as possible.
    std::vector<event> take_events() { return std::exchange(events_, {}); }

    // Whether the binding was there when the pass began.
    bool has_member(const support::uuid& uid) const { return members_.contains(uid); }
    std::optional<support::time_point> committed_at() const { return committed_at_; }
    const std::set<support::uuid>& unwritable() const { return unwritable_; }
    // Whether the end of a PUT of ours was seen in this pass.
    bool put_ended() const { return listener_changed_; }

private:
    using binding_list = std::vector<const certificate_binding*>;

    observation observe(const pass_context& at, const binding_list& bindings, const observed_peers& peers)
        const;
    // Who comes while the pass is under way joins the next one, or it might never end. Not so a binding that
    // brings a ledger: without it its refs would be foreign.
    bool waits_for_next_pass(const target_facts& state, const certificate_binding& object) const;
    step plan_step(const pass_context& at, binding_list& bindings);
    pass_action begin(const pass_context& at, step planned, const binding_list& bindings);
    void begin_commit(const pass_context& at, const commit& writes, const binding_list& bindings);
    pass_action end(const pass_context& at, const done& how);
    pass_action end_without_bindings(const pass_context& at);

    binding::target target_;
    support::time_point started_{};
    bool has_credential_ = false;
    std::set<support::uuid> members_;
    bool read_before_ = false;         // the listener was asked for before the pass
    std::optional<bool> could_write_;  // as it began
    int steps_ = 0;
    std::optional<support::time_point> read_began_;  // of the read under way
    support::duration longest_read_{};
    support::duration longest_certificate_read_{};
    std::optional<support::time_point> committed_at_;
    std::set<support::uuid> unwritable_;
    std::map<support::uuid, int> conflicts_;
    std::optional<observed<std::vector<other_listener>>> other_listeners_;
    std::optional<binding::endpoint_check> endpoint_check_;
    std::vector<addition> put_adds_;   // of the PUT that waits for its answer
    std::vector<event> events_;        // what has become true and was not told yet
    bool listener_changed_ = false;    // by a PUT of ours
    bool announced_to_peers_ = false;  // a peer's ledger says that a PUT is about to take its entry off
};

}  // namespace binding
