#pragma once

#include "support/log.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/signal_set.hpp>

#include <functional>

namespace app {

// What the signals of the process do, until its destruction.
// - SIGTERM, SIGINT: the first lets the work in hand end, the second ends it, the third ends the process at
// once, even if the loop hangs. There is one object at a time.
// - SIGUSR1: the log has debug lines; the next one sets its former level again.
class signals
{
public:
    struct actions
    {
        std::function<void()> stop;   // begins no more work, and lets the work in hand end
        std::function<void()> abort;  // ends the work in hand
    };

    // `level`: of the log, before any signal.
    signals(const boost::asio::any_io_executor& executor, actions actions, support::log_level level);

private:
    void wait_to_stop();
    void wait_to_change_level();
    void stop(int number);

    actions actions_;
    support::log_level level_;
    bool debugging_ = false;
    int stops_ = 0;
    boost::asio::signal_set stopping_;
    boost::asio::signal_set changing_level_;
};

}  // namespace app
