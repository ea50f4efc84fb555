#pragma once

#include "binding/events/event.hpp"
#include "binding/plan/observation.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

// The pure decision: from what was observed of a target, what to do next. No I/O, no clock.
//
// Flow: the reconciler does the step and asks again with what it saw, until the step is finish. Every look,
// every write to Kubernetes and the one PUT is a step, so a crash between any two is a crash between two
// calls of plan(). Guarantees: the rules of docs/development.md, named where they are decided.
namespace binding {

// Ask the cloud; the answers go to memory.
struct read
{
    bool scope = false;
    bool listener = false;
    bool load_balancer = false;
    bool other_listeners = false;
    bool endpoint_check = false;
    std::vector<support::uuid> certificates;  // by the uid of the binding
    std::vector<cloud::container_ref> refs;
};

enum class write_kind
{
    add_finalizer,
    remove_finalizer,
    status,
};

struct write
{
    support::uuid uid;
    write_kind kind = write_kind::status;
    status wanted;  // of write_kind::status
};

// Write to Kubernetes, side by side.
struct commit
{
    std::vector<write> writes;
};

// Take the lane of the listener's load balancer.
struct take_turn
{};

// Send the one PUT. Everything it does is committed.
struct put
{
    cloud::listener_change change;
    listener_slots from;         // what the listener was when it was planned
    listener_slots expected;     // what it is afterwards
    std::vector<addition> adds;  // certificates of bindings that it brings
};

enum class requeue
{
    resync,  // nothing to do until something changes
    after,   // in `wait`
    poll,    // in `wait`, only to look again
    retry,   // failed: after the queue's backoff, and no sooner than `wait`
    slow,    // waits for people: after the slow backoff, and no later than `wait` if there is one
    turn,    // when it is the turn of the target in the load-balancer queue
    settle,  // in `wait`, when the changes that arrive together have arrived
};

// The round is over.
struct done
{
    requeue next = requeue::resync;
    support::duration wait{};
    std::vector<target> request_cleanup;  // targets that should let go of dead refs
};

using step = std::variant<read, commit, take_turn, put, done>;

struct decision
{
    binding::step step;
    bool put_resolved = false;    // what became of memory.put is known: forget it
    std::vector<notice> notices;  // told when the step is more than a look, but for those at_once
};

decision plan(const observation& observation);

}  // namespace binding
