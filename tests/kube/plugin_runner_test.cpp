#include "kube/plugin_runner.hpp"

#include "support/system_clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace {

using support::errc;
using testing::HasSubstr;
using testing::Not;

class plugin_runner : public testing::Test
{
protected:
    support::result<std::string> run(const kube::exec_plugin& plugin)
    {
        return run(plugin, kube::create_plugin_runner(*clock));
    }

    support::result<std::string> run(const kube::exec_plugin& plugin, const kube::plugin_runner& runner)
    {
        std::optional<support::result<std::string>> printed;
        boost::asio::co_spawn(
            context,
            runner(plugin, "the info"),
            [&](const std::exception_ptr& thrown, support::result<std::string> ended) {
                EXPECT_FALSE(thrown);
                printed = std::move(ended);
            }
        );
        context.run();
        context.restart();
        return printed.value();
    }

    static kube::exec_plugin shell(const std::string& script)
    {
        kube::exec_plugin plugin;
        plugin.command = "sh";
        plugin.arguments = {"-c", script, "sh", "argument"};
        plugin.environment = {{"MODE", "test"}};
        return plugin;
    }

    boost::asio::io_context context{1};
    std::unique_ptr<support::clock> clock = support::create_system_clock(context.get_executor());
};

TEST_F(plugin_runner, gives_the_plugin_its_arguments_variables_and_the_info)
{
    const auto printed = run(shell("echo $1 $MODE $KUBERNETES_EXEC_INFO; echo noise >&2"));
    ASSERT_TRUE(printed) << printed.error().message;
    EXPECT_EQ(*printed, "argument test the info\n");
}

TEST_F(plugin_runner, tells_what_a_plugin_says_of_its_failure_but_not_what_it_printed)
{
    const auto failed = run(shell("echo canary; echo 'log in: \n\033[1mfirst' >&2; exit 4"));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, errc::unreachable);
    EXPECT_EQ(failed.error().message, "the credential plugin sh failed with exit code 4: log in: [1mfirst");
    EXPECT_EQ(
        run(shell("exit 5")).error().message,
        "the credential plugin sh failed with exit code 5, and said nothing"
    );
}

TEST_F(plugin_runner, tells_what_a_plugin_says_at_the_start_alone)
{
    const auto runner = kube::create_plugin_runner(*clock);
    const auto plugin = shell("set -x; token=canary; exit 4");
    EXPECT_THAT(run(plugin, runner).error().message, HasSubstr("+ token=canary"));
    EXPECT_EQ(
        run(plugin, runner).error().message,
        "the credential plugin sh failed with exit code 4; run it by hand to see what it says"
    );
}

TEST_F(plugin_runner, shows_how_to_install_a_plugin_that_is_missing)
{
    kube::exec_plugin plugin;
    plugin.command = "/no/such/login";
    EXPECT_EQ(
        run(plugin).error().message,
        "the credential plugin /no/such/login cannot be started: No such file or directory; install it"
    );
    plugin.install_hint = "get it from the shop";
    EXPECT_THAT(run(plugin).error().message, HasSubstr("No such file or directory; get it from the shop"));
}

TEST_F(plugin_runner, stops_a_plugin_that_prints_without_end)
{
    const auto failed = run(shell("exec yes canary"));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().message, "the credential plugin sh printed more than 1048576 bytes");
}

}  // namespace
