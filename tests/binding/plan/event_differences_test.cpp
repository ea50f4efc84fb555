// The events of the plan. A step emits an event once, before the write that the event announces, whatever the
// outcome of the step before.
#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace test;
using namespace std::chrono_literals;
using testing::Contains;

TEST(plan_events, a_replaced_default_is_told_once)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.converge();
    EXPECT_EQ(std::ranges::count(w.told, "DefaultReplaced web"), 1);
}

TEST(plan_events, a_replaced_default_is_told_whatever_came_of_the_commit)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.converge();
    w.shows("f");
    w.told.clear();
    int lost = 1;
    w.answer_is_lost = [&](const std::string&) { return lost-- > 0; };
    w.later(1min).run();
    w.later(1min);
    EXPECT_EQ(w.converge(), 1);
    EXPECT_THAT(w.told, Contains("DefaultReplaced web"));
}

TEST(plan_events, a_default_that_is_replaced_again_is_told_again)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.converge();
    w.told.clear();
    w.shows("f");
    w.later(5h).converge();
    EXPECT_THAT(w.told, Contains("DefaultReplaced web"));
}

TEST(plan_events, a_replaced_default_is_told_after_a_crash_at_any_step)
{
    for (int steps = 1; steps < 12; ++steps)
    {
        world_builder w;
        w.shows("f").add("web", "a");
        w.most_steps = steps;
        w.run();
        w.most_steps.reset();
        w.restart().later(2min);
        w.converge();
        EXPECT_THAT(w.told, Contains("DefaultReplaced web")) << steps;
    }
}

TEST(plan_events, an_adoption_is_told_though_the_answer_to_its_write_is_lost)
{
    world_builder w;
    w.shows("f", {"a"}).add("web", "a").sni();
    int writes = 0;
    w.answer_is_lost = [&](const std::string&) { return ++writes == 2; };
    w.run();
    w.later(1min);
    w.converge();
    EXPECT_THAT(w.told, Contains("Adopted web"));
}

TEST(plan_events, what_a_deletion_leaves_is_told_though_the_answer_to_its_write_is_lost)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.converge();
    w.told.clear();
    w.change("web").retain().deleting();
    w.answer_is_lost = [](const std::string&) { return true; };
    w.later(1s).run();
    EXPECT_FALSE(w.exists("web"));
    EXPECT_THAT(w.told, Contains("Retained web"));
}

}  // namespace
