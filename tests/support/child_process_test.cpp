#include "support/child_process.hpp"

#include "support/system_clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using support::errc;
using testing::HasSubstr;

constexpr std::size_t plenty = 1 << 20;

class child_process : public testing::Test
{
protected:
    support::result<support::child_outcome> run(
        support::child_command command, std::size_t largest = plenty, support::duration within = 1h
    )
    {
        std::optional<support::result<support::child_outcome>> outcome;
        boost::asio::co_spawn(
            context,
            support::run_child(*clock, std::move(command), clock->now() + within, largest),
            [&](const std::exception_ptr& thrown, support::result<support::child_outcome> ended) {
                EXPECT_FALSE(thrown);
                outcome = std::move(ended);
            }
        );
        context.run();
        context.restart();
        return outcome.value();
    }

    support::result<support::child_outcome> shell(const std::string& script, std::size_t largest = plenty)
    {
        return run({"sh", {"-c", script}, {}}, largest);
    }

    boost::asio::io_context context{1};
    std::unique_ptr<support::clock> clock = support::create_system_clock(context.get_executor());
};

TEST_F(child_process, gives_what_a_program_prints_and_its_exit_code)
{
    const auto ended = shell("echo out; echo err >&2; exit 3");
    ASSERT_TRUE(ended) << ended.error().message;
    EXPECT_EQ(ended->out, "out\n");
    EXPECT_EQ(ended->err, "err\n");
    EXPECT_EQ(ended->exit_code, 3);
    EXPECT_EQ(shell("kill -TERM $$")->exit_code, 128 + SIGTERM);
}

TEST_F(child_process, variables_are_added_and_replace_ours)
{
    const auto ended =
        run({"sh", {"-c", "echo $HOME:$ADDED:${PATH:+path}"}, {{"ADDED", "1"}, {"HOME", "a"}, {"HOME", "b"}}}
        );
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->out, "b:1:path\n");
}

TEST_F(child_process, arguments_go_as_they_are)
{
    EXPECT_EQ(run({"printf", {"%s|", "a b", "$HOME", "", "\""}, {}})->out, "a b|$HOME||\"|");
}

TEST_F(child_process, has_no_input_no_terminal_and_no_file_of_ours)
{
    const int leaked = ::open("/dev/null", O_RDONLY);
    const auto ended = shell("cat; (true </dev/tty) 2>/dev/null && echo terminal; ls /proc/self/fd | wc -l");
    ::close(leaked);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->out, "4\n") << "0, 1, 2, and the folder itself";
}

TEST_F(child_process, that_is_not_there_is_told_with_the_reason)
{
    const auto missing = run({"/no/such/program", {}, {}});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, errc::unreachable);
    EXPECT_EQ(missing.error().message, "No such file or directory");
    EXPECT_EQ(run({"no-such-program-in-path", {}, {}}).error().code, errc::unreachable);
    EXPECT_EQ(run({"/etc/passwd", {}, {}}).error().message, "Permission denied");
}

// The sleeper holds the output open, so this test would not end if it lived on.
TEST_F(child_process, that_prints_too_much_is_killed_with_its_children)
{
    const auto ended = shell("sleep 100000 & echo canary canary; wait", 10);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, errc::too_large);
    EXPECT_EQ(ended.error().message, "printed more than 10 bytes");
    EXPECT_EQ(shell("printf 0123456789", 10)->out, "0123456789");
}

TEST_F(child_process, that_does_not_end_in_time_is_killed)
{
    const auto ended = run({"sleep", {"100000"}, {}}, plenty, 0s);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, errc::interrupted);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "no child is left";
}

TEST_F(child_process, a_long_error_output_is_read_and_cut)
{
    const auto ended = shell("head -c 300000 /dev/zero | tr '\\0' x >&2; echo done");
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->out, "done\n");
    EXPECT_EQ(ended->err, std::string(4096, 'x'));
}

}  // namespace
