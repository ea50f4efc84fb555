#pragma once

#include "support/task.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <list>
#include <memory>

namespace boost::asio {
class cancellation_signal;
}

namespace support {

// Coroutines that run beside their owner and are cancelled and joined together. An exception from one is a
// bug: it is logged and ends that coroutine alone. join() must have returned before the group is destroyed.
class task_group
{
public:
    explicit task_group(boost::asio::any_io_executor executor);
    ~task_group();
    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;

    // A handle to cancel one coroutine of the group; cancel() does nothing after the coroutine has ended.
    class job
    {
    public:
        void cancel() const;

    private:
        friend class task_group;
        std::weak_ptr<boost::asio::cancellation_signal> signal_;
    };

    job spawn(task<> work);
    void cancel();
    std::size_t running() const;

    // Waits until all coroutines have ended.
    task<> join();

private:
    struct state;
    std::shared_ptr<state> state_;
};

}  // namespace support
