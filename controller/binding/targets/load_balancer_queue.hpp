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

// Whose turn it is to write to which load balancer: at most one target at a time, because Octavia locks the
// whole load balancer.
//
// Flow: a target takes its turn before it writes, and leaves when its change has taken effect or cannot take
// effect
//   any more. If another one has the turn, the target waits in the queue, and leave() or let_pass() of
//   somebody else names it when it is next.
// Guarantees: in the order of waiting. Nobody else takes the turn between being named and taking it.
// Assumptions: who is named is reconciled soon, and then takes its turn or lets it pass.
// Caveats: nothing waits in here, and there is no clock: who keeps a turn after the deadline of its PUT
// blocks the
//   load balancer, so reconcile_state looks at the deadline.
class load_balancer_queue
{
public:
    turn_state state(const load_balancer_key& which, const target& asking) const;

    // Who has it, or its turn.
    std::optional<target> taken_by(const load_balancer_key& which) const;

    // False if another target has it, or its turn.
    bool take(const load_balancer_key& which, const target& taking);

    // Wants its turn.
    void wait(const load_balancer_key& which, const target& waiting);

    // Whether somebody waits for it.
    bool is_wanted(const load_balancer_key& which) const;

    // Gives the lane back; whose turn it is now: who has waited longest. Nothing happens if `leaving` does
    // not have it.
    std::optional<target> leave(const load_balancer_key& which, const target& leaving);

    // It has not taken the lane though it was its turn, if it was; whose turn it is now.
    std::optional<target> let_pass(const target& passing);

private:
    struct queues
    {
        std::optional<target> holder;
        std::optional<target> turn;  // while nobody has it
        std::deque<target> waiting;
    };
    using entry = std::map<load_balancer_key, queues>::iterator;

    std::optional<target> next(entry which);

    std::map<load_balancer_key, queues> lanes_;
};

}  // namespace binding
