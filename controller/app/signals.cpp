#include "app/signals.hpp"

#include <csignal>
#include <unistd.h>
#include <utility>

namespace app {
namespace {

using support::log_level;

constexpr int exit_at_once = 130;  // as a shell reports a program that SIGINT ended
constexpr int last_stop = 3;

// Asio hands signals to the loop, which may hang. So the signals to stop are also counted where they come.
volatile std::sig_atomic_t stops_that_came = 0;
void (*hand_to_loop)(int) = nullptr;

void count_stop(int number)
{
    stops_that_came = stops_that_came + 1;
    if (stops_that_came >= last_stop)
    {
        ::_exit(exit_at_once);
    }
    hand_to_loop(number);
}

void count_stops()
{
    stops_that_came = 0;
    for (const int number : {SIGTERM, SIGINT})
    {
        struct sigaction of_asio{};
        if (::sigaction(number, nullptr, &of_asio) == 0 && of_asio.sa_handler != count_stop)
        {
            hand_to_loop = of_asio.sa_handler;
            struct sigaction counting = of_asio;
            counting.sa_handler = count_stop;
            ::sigaction(number, &counting, nullptr);
        }
    }
}

}  // namespace

signals::signals(const boost::asio::any_io_executor& executor, actions actions, support::log_level level)
    : actions_(std::move(actions)),
      level_(level),
      stopping_(executor, SIGTERM, SIGINT),
      changing_level_(executor, SIGUSR1)
{
    count_stops();
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
    else
    {
        support::log(
            log_level::warn,
            "ending all work at once; a change of a listener that was sent may still take effect"
        );
        actions_.abort();
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
