#pragma once

#include "support/clock.hpp"
#include "support/task.hpp"

#include <chrono>
#include <cstddef>
#include <functional>

namespace support {

// Sets glibc's allocator up for a program that has one busy thread and rests most of the time. Before the
// first thread.
void tune_heap();

struct heap_use
{
    std::size_t used = 0;  // bytes, the allocator's own included
    std::size_t free = 0;  // bytes that the allocator keeps
};

// The allocator of the program.
struct heap
{
    std::function<heap_use()> use;
    std::function<void()> give_back;  // to the system, what is free
};
heap glibc_heap();

inline constexpr duration between_looks_at_heap = std::chrono::seconds(10);

// Whether much more is kept than a program of this size needs to go on.
bool keeps_too_much(const heap_use& now);

// Gives memory back to the system after a burst, because what a burst has freed lies between what stays,
// where the allocator does not look by itself. `clock` must outlive the task, which runs until it is
// cancelled.
task<> watch_heap(clock& clock, heap watched);

}  // namespace support
