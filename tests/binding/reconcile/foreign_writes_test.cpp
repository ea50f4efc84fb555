#include "binding/reconcile/foreign_writes.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace std::chrono_literals;

binding::target in_region(const std::string& region)
{
    return {support::interned(region), support::uuid()};
}

const binding::target here = in_region("sao1");
const binding::target elsewhere = in_region("mad1");

TEST(foreign_writes, to_one_target_delay_no_answer_of_another)
{
    binding::foreign_writes foreign;
    const support::time_point now{};
    EXPECT_EQ(foreign.record(here, now), 0s);
    EXPECT_EQ(foreign.record(here, now + 1ms), 1s);
    EXPECT_EQ(foreign.record(elsewhere, now + 1ms), 0s);
}

TEST(foreign_writes, have_an_answer_whose_wait_passes)
{
    binding::foreign_writes foreign;
    const support::time_point now{};
    EXPECT_EQ(foreign.wait(here, now), 0s);
    foreign.record(here, now);
    foreign.record(here, now);
    EXPECT_EQ(foreign.wait(here, now), 1s);
    EXPECT_EQ(foreign.wait(here, now + 400ms), 600ms);
    EXPECT_EQ(foreign.wait(here, now + 2s), 0s);
}

TEST(foreign_writes, are_forgotten_after_a_while_and_not_sooner_however_many_targets_have_some)
{
    binding::foreign_writes foreign;
    support::time_point now{};
    foreign.record(elsewhere, now);
    now += 10min;
    foreign.record(here, now);
    now += 10min;
    for (int n = 0; n < 1000; ++n)
    {
        foreign.record(in_region(std::to_string(n)), now);
    }
    EXPECT_EQ(foreign.record(here, now), 1s);
    EXPECT_EQ(foreign.record(elsewhere, now), 0s);
}

}  // namespace
