#pragma once

#include "runtime/work_queue.hpp"
#include "support/alarm.hpp"
#include "support/task_group.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <functional>

namespace runtime {

// Takes keys off a queue and works on them side by side, as many as the queue gives, until it is cancelled.
template <class Key>
class worker_pool
{
public:
    using work = std::function<support::task<outcome>(Key)>;

    worker_pool(
        boost::asio::any_io_executor executor, support::clock& clock, work_queue<Key>& queue, work reconcile
    )
        : clock_(clock),
          queue_(queue),
          reconcile_(std::move(reconcile)),
          alarm_(executor, clock),
          group_(executor)
    {}

    void add(const Key& key, urgency how = urgency::urgent, support::duration wait = {})
    {
        const auto now = clock_.now();
        queue_.add(key, now + wait, how, {waits_for::worker, now});
        alarm_.ring();
    }

    // Works until stop(); returns when the work in progress has ended.
    support::task<> run()
    {
        while (!stopping_)
        {
            auto key = queue_.take(clock_.now());
            if (key)
            {
                group_.spawn(work_on(std::move(*key)));
            }
            else
            {
                co_await alarm_.wait(queue_.next_due());
            }
        }
        co_await group_.join();
    }

    void stop()
    {
        stopping_ = true;
        alarm_.ring();
    }

    // Cancels the work in progress.
    void cancel() { group_.cancel(); }

    // How often the work on a key ended with an exception, which is a bug.
    std::size_t panics() const { return panics_; }

private:
    support::task<> work_on(Key key)
    {
        // Stays `retry` if reconcile_ throws, which is a bug that the group logs: the key is tried again.
        struct ending
        {
            worker_pool& pool;
            const Key& key;
            outcome how{outcome::kind::retry, {}};
            ~ending()
            {
                pool.queue_.finish(key, how, pool.clock_.now());
                pool.alarm_.ring();
            }
        } end{*this, key};
        try
        {
            end.how = co_await reconcile_(key);
        }
        catch (const boost::system::system_error& e)
        {
            panics_ += e.code() == boost::asio::error::operation_aborted ? 0 : 1;
            throw;
        }
        catch (...)
        {
            ++panics_;
            throw;
        }
    }

    support::clock& clock_;
    work_queue<Key>& queue_;
    work reconcile_;
    support::alarm alarm_;
    support::task_group group_;
    bool stopping_ = false;
    std::size_t panics_ = 0;
};

}  // namespace runtime
