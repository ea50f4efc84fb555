#pragma once

#include "support/task.hpp"

#include <functional>
#include <memory>

namespace support {

// Runs work that takes long, such as the key derivation of an untrusted file, apart from the event loop.
class offload
{
public:
    virtual ~offload() = default;

    // Returns when the work has ended. The work owns all that it touches, because it goes on when the caller
    // is cancelled; it throws nothing, and touches nothing that belongs to the thread of the loop (interned
    // texts, the log).
    virtual task<> run(std::function<void()> work) = 0;
};

// Runs the work in the caller, for callers without a thread.
offload& on_the_spot();

// One thread of its own, in the order of the calls. Its destruction waits for the work that has begun. The
// event loops of its callers must outlive it.
std::unique_ptr<offload> create_worker_thread();

}  // namespace support
