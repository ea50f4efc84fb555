#pragma once

#include "binding/world.hpp"

#include <deque>
#include <map>
#include <vector>

namespace binding {

// The queue of writes of one load balancer.
struct lane
{
    support::interned region;
    support::uuid load_balancer;
    support::interned identity = {};

    std::strong_ordering operator<=>(const lane&) const = default;
    bool operator==(const lane&) const = default;
};

// Who may write to which load balancer: at most one target at a time, because Octavia locks the whole load
// balancer (rule 9 keeps it while a PUT may still take effect). Nothing waits here; who has to is told when
// it is its turn to try.
class lanes
{
public:
    lane_state state(const lane& which, const target& asking) const;

    // False if another target has it.
    bool take(const lane& which, const target& taking);

    // Wants to be among those that leave() gives.
    void wait(const lane& which, const target& waiting);

    // Gives the lane back; the targets that wait for it, longest first. Nothing happens if `leaving` does not
    // have it.
    std::vector<target> leave(const lane& which, const target& leaving);

private:
    struct traffic
    {
        std::optional<target> holder;
        std::deque<target> waiting;
    };
    std::map<lane, traffic> lanes_;
};

}  // namespace binding
