#pragma once

#include "support/task.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <list>
#include <memory>

namespace support {

// Coroutines that run beside their owner and are cancelled and waited for together. An exception from one is
// a bug: it is logged and ends that one alone. Before the group goes, join() has returned.
class task_group
{
public:
    explicit task_group(boost::asio::any_io_executor executor);
    ~task_group();
    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;

    void spawn(task<> job);
    void cancel();
    std::size_t running() const;

    // Waits until none is left.
    task<> join();

private:
    struct state;
    std::shared_ptr<state> state_;
};

}  // namespace support
