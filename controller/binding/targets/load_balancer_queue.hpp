#pragma once

#include "binding/observed/observation.hpp"

#include <deque>
#include <map>
#include <optional>

namespace binding {

// The queue of writes of one load balancer.
struct load_balancer_key
{
    support::interned region;
    support::uuid load_balancer;
    support::interned identity = {};

    std::strong_ordering operator<=>(const load_balancer_key&) const = default;
    bool operator==(const load_balancer_key&) const = default;
};

// Whose turn it is to write to which load balancer: one target at a time, because Octavia locks the whole
// load balancer for each change.
//
// Flow: a target takes its turn before it writes, and leaves when its change has taken effect or cannot take
//   effect any more. While another target has the turn, the target waits in the queue. leave() and
//   let_pass() name the target that is next.
// Guarantees: turns are given in the order of waiting. No other target takes the turn between the naming of
//   a target and its take().
// Assumptions: the named target is reconciled soon, and then takes its turn or lets it pass.
// Caveats: nothing blocks in here, and there is no clock. A target that keeps its turn after the deadline of
//   its PUT blocks the load balancer, so reconcile_state looks at the deadline.
class load_balancer_queue
{
public:
    turn_state state(const load_balancer_key& which, const target& asking) const;

    // The target that has the turn, or was named for it.
    std::optional<target> taken_by(const load_balancer_key& which) const;

    // False: another target has the turn, or was named for it.
    bool take(const load_balancer_key& which, const target& taking);

    // The target joins the queue, once.
    void wait(const load_balancer_key& which, const target& waiting);

    // Whether a target waits in the queue.
    bool is_wanted(const load_balancer_key& which) const;

    // The target gives its turn back. Names the target that has waited longest. Does nothing if `leaving`
    // does not have the turn.
    std::optional<target> leave(const load_balancer_key& which, const target& leaving);

    // The target was named and does not take its turn. Names the next target. Does nothing if `passing` was
    // not named.
    std::optional<target> let_pass(const target& passing);

private:
    struct queue
    {
        std::optional<target> holder;
        std::optional<target> named;  // while there is no holder
        std::deque<target> waiting;
    };
    using entry = std::map<load_balancer_key, queue>::iterator;

    std::optional<target> next(entry which);

    std::map<load_balancer_key, queue> queues_;
};

}  // namespace binding
