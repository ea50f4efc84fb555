#pragma once

#include "support/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace runtime {

enum class urgency : std::uint8_t
{
    urgent,   // somebody waits for the result: a change, a deletion, or a step that continues one
    failed,   // urgent, but the last attempt failed: what fails again and again holds up no fresh change
    routine,  // a check by the clock
};

// What a key waits for, for operators. Who works on the key says it, and the queue keeps it.
enum class waits_for : std::uint8_t
{
    worker,  // it has changed, or somebody asked for it
    step,    // the next step of what was begun
    cloud,   // an end of something that the cloud does, or of a limit of the cloud
    turn,    // another key whose work comes first
    retry,   // the end of the backoff after a failure
    person,  // somebody who corrects what is wrong
    check,   // nothing; the next check by the clock
};

inline constexpr std::size_t waits_for_count = static_cast<std::size_t>(waits_for::check) + 1;

// What a key waits for, and since when.
struct wait_note
{
    waits_for why = waits_for::worker;
    support::time_point since{};
};

// "worker", "step", ...
std::string_view name_of(waits_for value);

// The result of one reconcile, as the queue needs it.
struct outcome
{
    enum class kind
    {
        done,   // forget past failures
        later,  // add the key again after `pause`; forget past failures
        // Failed: add the key again after its backoff, and no sooner than after `pause`. Whoever waits for
        // the key still waits, so it comes before the routine ones.
        retry,
    };

    kind how = kind::done;
    support::duration pause{};
    runtime::urgency urgency = urgency::routine;      // used with `later`
    runtime::waits_for waits_for = waits_for::check;  // used with `later`
};

}  // namespace runtime
