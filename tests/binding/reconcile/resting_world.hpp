#pragma once

#include "binding/reconcile/loop_fixture.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace test {

// Bytes of the heap, the allocator's own included, and microseconds.
struct cost_of_rest
{
    std::size_t listed = 0;   // bytes of the store, the index and the queue, after the list
    std::size_t rested = 0;   // of all of it, after a pass over each target
    std::size_t at_peak = 0;  // during a second list
    double list_time = 0;     // of one binding
    double pass_time = 0;     // of one target
};

// Many bindings that are Ready, as a new process finds them and keeps them. Their objects are written by the
// controller itself, once for one listener, and then numbered.
class resting_world
{
public:
    // Bindings of one listener. `loop` must outlive the world.
    resting_world(loop& loop, int bindings_of_listener);
    ~resting_world();

    // Lists that many bindings, and runs one pass over each target. Fails if a pass writes.
    cost_of_rest keep(int bindings);

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

}  // namespace test
