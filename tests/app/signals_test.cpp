#include "app/signals.hpp"

#include "support/log.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using testing::ElementsAre;

class signals : public testing::Test
{
protected:
    // A signal comes, and is taken.
    void come(int signal)
    {
        const auto before = done.size();
        std::raise(signal);
        constexpr int most_handlers = 4;
        for (int i = 0; i < most_handlers && done.size() == before; ++i)
        {
            context.restart();
            context.run_one_for(std::chrono::seconds(10));
        }
    }

    boost::asio::io_context context;
    std::vector<std::string> done;
    support::log_capture log;
    app::signals taken{
        context.get_executor(),
        {[this] { done.emplace_back("stop"); }, [this] { done.emplace_back("abort"); }},
        support::log_level::info
    };
};

TEST_F(signals, the_first_lets_the_work_end_and_the_second_ends_it)
{
    come(SIGTERM);
    EXPECT_THAT(done, ElementsAre("stop"));
    EXPECT_THAT(log.text(), testing::HasSubstr("finishes the write in flight first signal=SIGTERM"));
    come(SIGINT);
    EXPECT_THAT(done, ElementsAre("stop", "abort"));
    EXPECT_THAT(log.text(), testing::HasSubstr("ending all work at once"));
}

// Whatever hangs then.
TEST_F(signals, the_third_ends_the_process_at_once_as_a_shell_reports_it)
{
    const auto three_signals = [this] {
        come(SIGTERM);
        come(SIGTERM);
        come(SIGTERM);
        std::_Exit(EXIT_SUCCESS);
    };
    EXPECT_EXIT(three_signals(), testing::ExitedWithCode(130), "");
}

TEST_F(signals, the_third_ends_the_process_even_if_the_loop_hangs)
{
    const auto three_signals = [] {
        std::raise(SIGTERM);
        std::raise(SIGINT);
        std::raise(SIGTERM);
        std::_Exit(EXIT_SUCCESS);
    };
    EXPECT_EXIT(three_signals(), testing::ExitedWithCode(130), "");
}

}  // namespace
