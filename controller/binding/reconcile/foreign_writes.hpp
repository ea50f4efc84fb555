#pragma once

#include "binding/target.hpp"
#include "support/clock.hpp"

#include <cstddef>
#include <map>

namespace binding {

// Writes of somebody else to the status of bindings. The controller answers the first one at once with its
// own status. Two controllers that are at work on the same bindings would answer each other without end, as
// fast as the API server takes it. So each further answer to the bindings of a target waits twice as long,
// five minutes at most.
class foreign_writes
{
public:
    // Somebody else wrote to a binding of the target. How long the answer waits: writes that come before it
    // is due have the same one.
    support::duration record(const target& which, support::time_point now);
    // How long the last answer still waits.
    support::duration wait(const target& which, support::time_point now) const;

private:
    struct answers
    {
        int in_a_row = 0;
        support::time_point due{};         // the last one
        support::time_point last_write{};  // of somebody else
    };

    void forget_undisturbed(support::time_point now);

    std::map<target, answers> answers_;
    std::size_t forget_at_ = 64;  // targets
};

}  // namespace binding
