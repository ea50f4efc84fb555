#include "app/signals.hpp"

#include <csignal>
#include <cstdlib>
#include <utility>

namespace app {
namespace {

using support::log_level;

constexpr int exit_at_once = 130;  // as a shell reports a program that SIGINT ended

}  // namespace

signals::signals(const boost::asio::any_io_executor& executor, actions actions, support::log_level level)
    : actions_(std::move(actions)),
      level_(level),
      stopping_(executor, SIGTERM, SIGINT),
      changing_level_(executor, SIGUSR1)
{
    wait_to_stop();
    wait_to_change_level();
}

void signals::wait_to_stop()
{
    stopping_.async_wait([this](const boost::system::error_code& failed, int number) {
        if (!failed)
        {
            stop(number);
            wait_to_stop();
        }
    });
}

void signals::stop(int number)
{
    ++stops_;
    if (stops_ == 1)
    {
        support::log(
            log_level::info,
            "stopping; the controller finishes the write in flight first",
            {{"signal", number == SIGTERM ? "SIGTERM" : "SIGINT"}}
        );
        actions_.stop();
    }
    else if (stops_ == 2)
    {
        support::log(
            log_level::warn,
            "ending all work at once; a change of a listener that was sent may still take effect"
        );
        actions_.abort();
    }
    else
    {
        std::_Exit(exit_at_once);
    }
}

void signals::wait_to_change_level()
{
    changing_level_.async_wait([this](const boost::system::error_code& failed, int) {
        if (failed)
        {
            return;
        }
        debugging_ = !debugging_;
        support::set_log_level(debugging_ ? log_level::debug : level_);
        support::log(
            log_level::warn,
            "SIGUSR1 changed the level of the log",
            {{"level", std::string(support::name_of(debugging_ ? log_level::debug : level_))}}
        );
        wait_to_change_level();
    });
}

}  // namespace app
