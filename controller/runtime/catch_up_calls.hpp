#pragma once

#include "support/alarm.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"

#include <cstdint>
#include <memory>

namespace runtime {

// The calls that wait until a collection was seen as it was at the call. They are numbered from 1. One call
// waits at a time.
class catch_up_calls
{
public:
    // `clock` must outlive it.
    explicit catch_up_calls(support::clock& clock) : clock_(clock) {}

    // The number of a new call.
    std::uint64_t begin() { return ++last_; }
    std::uint64_t last() const { return last_; }  // 0: there was none

    bool is_open(std::uint64_t call) const { return call > answered_; }
    bool any_is_open() const { return is_open(last_); }

    // Returns when the call is answered.
    support::task<> wait_for(std::uint64_t call);

    // Answers the call and all before it.
    void answer(std::uint64_t call);

private:
    support::clock& clock_;
    std::uint64_t last_ = 0;
    std::uint64_t answered_ = 0;
    std::unique_ptr<support::alarm> answers_;  // empty before the first wait
};

}  // namespace runtime
