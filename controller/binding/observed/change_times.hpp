#pragma once

#include "support/clock.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace binding {

// How long the latest changes of one load balancer took, from Octavia's answer to the PUT until the load
// balancer was ACTIVE again, and what follows for the next change: when to look whether it has ended.
//
// Guarantees: a change that takes as long as one of the latest is looked at when that one ended. A change
// that is new to us, faster or slower is looked at in steps that grow with the time that it takes.
class change_times
{
public:
    // A change was still under way at `under_way`, and was over at `over`, both since Octavia's answer.
    void record(support::duration under_way, support::duration over);

    // When to look next, since Octavia's answer. `last`: the last look, which found the change under way;
    // zero: nobody has looked yet.
    support::duration next_look(support::duration last) const;

private:
    static constexpr std::size_t most_kept = 4;

    std::vector<support::duration> looks() const;

    std::array<support::duration, most_kept> latest_{};
    std::size_t recorded_ = 0;
};

}  // namespace binding
