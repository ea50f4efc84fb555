#include "support/heap.hpp"

#include <malloc.h>

namespace support {

void tune_heap()
{
    constexpr int large = 128 << 10;  // bytes
    // Fixed, because glibc raises both as soon as a large block is freed, and then keeps such blocks.
    ::mallopt(M_MMAP_THRESHOLD, large);
    ::mallopt(M_TRIM_THRESHOLD, large);
    ::mallopt(M_ARENA_MAX, 1);
}

heap glibc_heap()
{
    return {
        [] {
            const auto info = ::mallinfo2();
            return heap_use{info.uordblks, info.fordblks};
        },
        [] { ::malloc_trim(0); }
    };
}

bool keeps_too_much(const heap_use& now)
{
    constexpr std::size_t always_kept = 1 << 20;  // bytes
    constexpr std::size_t share = 8;
    return now.free > always_kept + (now.used / share);
}

task<> watch_heap(clock& clock, heap watched)
{
    // What was given back still counts as free, because its addresses are kept.
    heap_use given_back;
    for (;;)
    {
        co_await clock.sleep_for(between_looks_at_heap);
        const auto now = watched.use();
        if (keeps_too_much(now) && (now.free != given_back.free || now.used != given_back.used))
        {
            watched.give_back();
            given_back = watched.use();
        }
    }
}

}  // namespace support
