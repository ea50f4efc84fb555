#include "kube/plugin_runner.hpp"

#include "support/child_process.hpp"
#include "support/text.hpp"

#include <chrono>
#include <utility>

namespace kube {
namespace {

using namespace std::chrono_literals;
using support::errc;
using support::result;
using support::task;

constexpr support::duration plugin_ends_within = 10s;
constexpr std::size_t largest_output = 1 << 20;
constexpr std::size_t most_words = 300;

std::unexpected<support::error> failed(const exec_plugin& plugin, const std::string& why)
{
    return support::fail(errc::unreachable, plugin_name(plugin) + " " + why);
}

task<result<std::string>> run(support::clock& clock, exec_plugin plugin, std::string info, bool first)
{
    support::child_command command{plugin.command, plugin.arguments, plugin.environment};
    command.environment.emplace_back("KUBERNETES_EXEC_INFO", std::move(info));
    auto ended = co_await support::run_child(
        clock, std::move(command), clock.now() + plugin_ends_within, largest_output
    );
    if (!ended && ended.error().code == errc::unreachable)
    {
        const std::string hint = plugin.install_hint.empty() ? "install it" : plugin.install_hint;
        co_return failed(plugin, "cannot be started: " + ended.error().message + "; " + hint);
    }
    if (!ended)
    {
        const bool late = ended.error().code == errc::interrupted;
        co_return failed(plugin, late ? "did not end within 10 s" : ended.error().message);
    }
    if (ended->exit_code != 0)
    {
        std::string words = support::clean(ended->err, most_words);
        words = words.empty() ? ", and said nothing"
                : first       ? ": " + words
                              : "; run it by hand to see what it says";
        co_return failed(plugin, "failed with exit code " + std::to_string(ended->exit_code) + words);
    }
    co_return std::move(ended->out);
}

}  // namespace

plugin_runner create_plugin_runner(support::clock& clock)
{
    return [&clock, first = true](const exec_plugin& plugin, std::string info) mutable {
        return run(clock, plugin, std::move(info), std::exchange(first, false));
    };
}

std::string plugin_name(const exec_plugin& plugin)
{
    return "the credential plugin " + support::clean(plugin.command, 128);
}

}  // namespace kube
