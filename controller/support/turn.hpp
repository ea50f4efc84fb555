#pragma once

#include "support/task.hpp"

#include <cstddef>
#include <memory>

namespace support {

// Lets one coroutine, or so many, through at a time, in the order of their arrival. A coroutine that is
// cancelled while it waits leaves the queue.
class turn final
{
public:
    // The turn, until its destruction.
    class hold;

    explicit turn(std::size_t at_once = 1);
    ~turn();
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;

    // Also a turn that is free comes after what else is ready to run.
    task<hold> take();
    // A turn that is free comes at once, but for the first one.
    task<hold> take_at_once_if_free();
    // Whether a coroutine has the turn now.
    bool is_taken() const;

private:
    struct queue;
    std::shared_ptr<queue> queue_;
};

class turn::hold final
{
public:
    explicit hold(std::shared_ptr<queue> of);
    hold(hold&&) noexcept = default;
    hold& operator=(hold&&) = delete;
    ~hold();

private:
    std::shared_ptr<queue> of_;
};

}  // namespace support
