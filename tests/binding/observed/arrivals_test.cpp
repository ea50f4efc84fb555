// Arrivals: when the changes that a PUT is to carry together are complete.
#include "binding/observed/target_state_fixture.hpp"

#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;

TEST_F(state_of_target, arrivals_are_complete_100_ms_after_the_last_and_2_s_after_the_first)
{
    begin_pass(t0);
    EXPECT_EQ(facts().arrivals.quiet_at(settings), t0 + 100ms);
    for (int i = 1; i < 30; ++i)
    {
        ++object.generation;
        begin_pass(t0 + i * 90ms);
    }
    EXPECT_EQ(facts().arrivals.quiet_at(settings), t0 + 2s);
}

TEST_F(
    state_of_target, arrivals_are_calm_50_ms_after_the_last_of_any_target_but_no_later_than_they_are_complete
)
{
    begin_pass(t0);
    EXPECT_EQ(facts().arrivals.calm_at(settings, t0 - 1min), t0 + 50ms);
    EXPECT_EQ(facts().arrivals.calm_at(settings, t0 + 30ms), t0 + 80ms);
    EXPECT_EQ(facts().arrivals.calm_at(settings, t0 + 90ms), t0 + 100ms);
}

TEST_F(state_of_target, what_status_speaks_of_already_does_not_arrive)
{
    object.status.observed_generation = 1;
    begin_pass(t0);
    EXPECT_FALSE(facts().arrivals.first);
}

}  // namespace
