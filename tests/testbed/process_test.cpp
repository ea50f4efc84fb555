#include "testbed/process.hpp"

#include "testbed/eventually.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>

namespace {

using testbed::eventually;
using testing::HasSubstr;

namespace fs = std::filesystem;

TEST(process, gives_back_exit_code_and_both_streams)
{
    const auto result =
        testbed::run({.program = "sh", .arguments = {"-c", "cat; echo trouble >&2; exit 3"}, .input = "hello"}
        );
    EXPECT_EQ(result.code, 3);
    EXPECT_EQ(result.out, "hello");
    EXPECT_EQ(result.err, "trouble\n");
}

TEST(process, ended_by_a_signal_has_128_and_the_signal_as_its_exit_code)
{
    EXPECT_EQ(testbed::run({.program = "sh", .arguments = {"-c", "kill -TERM $$"}}).code, 128 + SIGTERM);
}

TEST(process, that_cannot_be_started_says_so)
{
    const auto result = testbed::run({.program = "/no/such/program"});
    EXPECT_EQ(result.code, 127);
    EXPECT_THAT(result.err, HasSubstr("/no/such/program: No such file"));
}

TEST(process, sees_our_environment_with_what_is_added)
{
    const auto result = testbed::run(
        {.program = "sh", .arguments = {"-c", "echo $PATH:$HOME"}, .environment = {{"HOME", "/nowhere"}}}
    );
    EXPECT_EQ(result.out, std::string(getenv("PATH")) + ":/nowhere\n");
}

TEST(child, writes_into_its_file_and_ends_with_its_object)
{
    const fs::path output = fs::path(testing::TempDir()) / ("child-" + std::to_string(::getpid()));
    pid_t pid = 0;
    {
        testbed::child child(
            {.program = "sh", .arguments = {"-c", "echo here; exec sleep infinity"}}, output
        );
        pid = child.pid();
        EXPECT_TRUE(eventually("the line of the child", [&] { return child.output() == "here\n"; }));
        EXPECT_TRUE(child.running());
    }
    EXPECT_FALSE(testbed::process_runs(pid));
    fs::remove(output);
}

TEST(child, tells_how_it_ended)
{
    testbed::child child({.program = "sleep", .arguments = {"infinity"}}, "/dev/null");
    child.signal(SIGINT);
    EXPECT_EQ(child.wait(), 128 + SIGINT);
    EXPECT_FALSE(child.running());
}

}  // namespace
