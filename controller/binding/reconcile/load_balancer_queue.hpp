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

// Who may write to which load balancer: at most one target at a time, because Octavia locks the whole load
// balancer (rule 9 keeps it while a PUT may still take effect). Nothing waits here; who has to is told when
// it is its turn, and nobody else takes the lane before it has taken it or let its turn pass.
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
