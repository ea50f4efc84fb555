#pragma once

#include "binding/plan/plan.hpp"
#include "binding/targets/pass_context.hpp"
#include "binding/targets/peers.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// One pass over a target as a state machine without I/O. It says what to read, commit or send, and is told
// the answers.
//
// Flow:
//   1. next() plans, and gives the action that the plan asks for: read, commit, put or pass_end. The pass
//      takes its turn at the load balancer inside next(), because that needs no I/O.
//   2. The driver does the action and feeds each answer as it comes (on_read, on_committed, on_put_sent,
//      on_put_answered). When all answers have come, the driver calls next() again.
//   3. pass_end says when the target is reconciled again. No call follows it.
// Guarantees: reads, a commit and a PUT are never in one action, so a crash between two of them is a crash
//   between two calls of next(). The requests of one action depend on nothing of each other. A pass ends
//   after at most 100 actions. However a pass ends, the target leaves its turn, unless a PUT may still take
//   effect.
// Assumptions: a target has one pass at a time. A pass may be dropped at any time, as by a crash. What the
//   pass has recorded in the target's state stays.
// Caveats: the pass is a value and holds no references, so each call brings the context.
namespace binding {

enum class pass_ending
{
    planned,           // as the plan says
    put_in_doubt,      // there is no binding any more, but a PUT may still take effect
    no_bindings_left,  // the target has no bindings, and its state is erased
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
    observed<cloud::answer<cloud::certificate>> answer;
};

struct ref_answer
{
    cloud::container_ref ref;
    observed<cloud::ref_state> state;
};

struct other_listener_answer
{
    support::uuid listener;
    observed<cloud::answer<cloud::listener>> answer;
};

// A ref on another listener.
struct other_ref_answer
{
    ref_answer look_up;
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

// The answer to one write to Kubernetes.
enum class write_answer
{
    taken,
    conflict,  // the object has changed since the plan read it
    lost,      // no answer came, so the write may have taken effect
    refused,
};

// What the driver does after a write.
enum class after_write
{
    nothing,
    apply,       // enters the answered object into the store, and calls on_applied()
    read_again,  // reads the object and enters it into the store, or calls on_unwritable()
};

class reconcile_pass
{
public:
    // `divided`: why the listener belongs to another controller, for people; empty if it does not.
    reconcile_pass(
        binding::target target, const pass_context& at, std::optional<std::string> divided = std::nullopt
    );

    const binding::target& target() const { return target_; }
    support::time_point started() const { return started_; }

    pass_action next(const pass_context& at);

    // The listener turned out to belong to another controller. A PUT that next() gave is not sent then.
    void divide(std::string why) { divided_ = std::move(why); }

    void on_read(const pass_context& at, read_answer answer);

    after_write on_committed(const pass_context& at, const write& sent, write_answer answer);
    // The store has the object as it is after the write. False: the API server did not keep all that was
    // written.
    bool on_applied(const pass_context& at, const write& sent);
    void on_unwritable(const support::uuid& uid) { unwritable_.insert(uid); }

    // From here on the PUT may take effect.
    void on_put_sent(const pass_context& at, const put& sent);
    // A PUT that came too late to be sent was planned from reads that are too old: the pass reads again and
    // plans the PUT again, twice at most.
    void on_put_answered(const pass_context& at, const cloud::answer<cloud::listener>& answer);

    // The events since the last call. The driver records them before it does anything else, because a crash
    // loses the others.
    std::vector<event> take_events() { return std::exchange(events_, {}); }

    // Whether the binding was there when the pass began.
    bool has_member(const support::uuid& uid) const { return members_.contains(uid); }
    std::optional<support::time_point> committed_at() const { return committed_at_; }
    const std::set<support::uuid>& unwritable() const { return unwritable_; }
    // Whether the end of a PUT of ours was seen in this pass.
    bool put_ended() const { return put_ended_; }
    // How many PUTs of this pass were not sent, because they came too late.
    int unsent_puts() const { return unsent_puts_; }

private:
    using binding_list = std::vector<const certificate_binding*>;

    observation observe(const pass_context& at, const binding_list& bindings, const observed_peers& peers)
        const;
    // A binding that comes during the pass joins the next one, because the pass might never end otherwise. A
    // binding that brings a ledger joins at once, because without it its refs would count as foreign.
    bool waits_for_next_pass(const target_facts& facts, const certificate_binding& object) const;
    step plan_step(const pass_context& at, binding_list& bindings);
    pass_action begin(const pass_context& at, step planned);
    void begin_commit(const pass_context& at, const commit& writes);
    pass_action end(const pass_context& at, const done& how);
    // A read, or Octavia's answer to the PUT, found the accepted PUT under way.
    void note_under_way(const pass_context& at, support::time_point asked_at) const;
    // The end of the PUT is known: the load balancer's next change is looked at accordingly.
    void note_put_end(const pass_context& at) const;
    pass_action end_without_bindings(const pass_context& at);

    binding::target target_;
    support::time_point started_{};
    bool has_credential_ = false;
    std::optional<std::string> divided_;
    std::set<support::uuid> members_;
    bool read_before_ = false;         // the listener was asked for before the pass
    std::optional<bool> could_write_;  // put_record::may_write before the pass
    int steps_ = 0;
    std::optional<support::time_point> read_began_;  // of the read under way
    support::duration longest_read_{};
    support::duration longest_certificate_read_{};
    std::optional<support::time_point> committed_at_;
    std::set<support::uuid> unwritable_;
    std::map<support::uuid, int> conflicts_;
    std::optional<observed<std::vector<other_listener>>> other_listeners_;
    std::optional<binding::endpoint_check> endpoint_check_;
    std::vector<addition> put_adds_;  // of the PUT that waits for its answer
    int unsent_puts_ = 0;             // that came too late
    std::vector<event> events_;       // that take_events() has not given yet
    bool put_ended_ = false;          // by a PUT of the target
    // Writes a ledger that peers judge by: one of the target, for whose entry a peer may wait before its own
    // binding goes, or that of a peer.
    bool writes_ledgers_ = false;
};

}  // namespace binding
