#pragma once

#include "app/bindings_api.hpp"
#include "app/controller.hpp"
#include "support/log.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/signal_set.hpp>

namespace app {

// What the signals of the process do, until its destruction.
// - SIGTERM, SIGINT: the first lets the work in hand end, the second ends it, the third ends the process at
// once.
// - SIGUSR1: the log has debug lines; the next one sets its former level again.
class signals
{
public:
    // `loop` and `door` must outlive it. `door` may be null.
    signals(
        const boost::asio::any_io_executor& executor,
        controller& loop,
        bindings_api* door,
        support::log_level level
    );

private:
    void wait_to_stop();
    void wait_to_change_level();
    void stop(int number);

    controller& loop_;
    bindings_api* door_;
    support::log_level level_;
    bool debugging_ = false;
    int stops_ = 0;
    boost::asio::signal_set stopping_;
    boost::asio::signal_set changing_level_;
};

}  // namespace app
