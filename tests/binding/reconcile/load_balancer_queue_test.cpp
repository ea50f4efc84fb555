#include "binding/reconcile/load_balancer_queue.hpp"

#include <gtest/gtest.h>

namespace {

using binding::lane;
using binding::lane_state;
using binding::lanes;
using binding::target;

support::uuid id(int number)
{
    char text[37];
    std::snprintf(text, sizeof text, "00000000-0000-4000-8000-%012d", number);
    return *support::uuid::parse(text);
}

const support::interned region("sao1");
const target one{region, id(1)};
const target two{region, id(2)};
const target three{region, id(3)};
const lane here{region, id(100)};
const lane there{region, id(200)};

TEST(lanes, a_lane_is_free_until_it_is_taken)
{
    lanes all;
    EXPECT_EQ(all.state(here, one), lane_state::free);
    EXPECT_TRUE(all.take(here, one));
    EXPECT_EQ(all.state(here, one), lane_state::ours);
    EXPECT_EQ(all.state(here, two), lane_state::taken);
}

TEST(lanes, a_taken_lane_is_not_taken_by_another)
{
    lanes all;
    all.take(here, one);
    EXPECT_FALSE(all.take(here, two));
    EXPECT_TRUE(all.take(here, one)) << "who has it has it";
    EXPECT_EQ(all.state(here, one), lane_state::ours);
}

TEST(lanes, each_load_balancer_has_its_own)
{
    lanes all;
    EXPECT_TRUE(all.take(here, one));
    EXPECT_TRUE(all.take(there, two));
    EXPECT_EQ(all.state(there, one), lane_state::taken);
}

TEST(lanes, the_same_load_balancer_in_another_region_is_another_lane)
{
    lanes all;
    all.take(here, one);
    EXPECT_TRUE(all.take({support::interned("rio1"), here.load_balancer}, two));
}

TEST(lanes, it_is_the_turn_of_who_has_waited_longest)
{
    lanes all;
    all.take(here, one);
    EXPECT_FALSE(all.is_wanted(here));
    all.wait(here, three);
    all.wait(here, two);
    all.wait(here, three);
    EXPECT_TRUE(all.is_wanted(here));
    EXPECT_EQ(all.leave(here, one), three);
    EXPECT_EQ(all.state(here, three), lane_state::free);
    EXPECT_EQ(all.state(here, one), lane_state::taken) << "it is not its turn";
    EXPECT_FALSE(all.take(here, one));
    EXPECT_TRUE(all.take(here, three));
    EXPECT_EQ(all.leave(here, three), two);
    EXPECT_TRUE(all.take(here, two));
    EXPECT_EQ(all.leave(here, two), std::nullopt) << "each once";
    EXPECT_TRUE(all.take(here, one));
}

TEST(lanes, who_lets_its_turn_pass_gives_it_to_the_next)
{
    lanes all;
    all.take(here, one);
    all.wait(here, two);
    all.wait(here, three);
    ASSERT_EQ(all.leave(here, one), two);
    EXPECT_EQ(all.let_pass(one), std::nullopt) << "it is not its turn";
    EXPECT_EQ(all.let_pass(two), three);
    EXPECT_EQ(all.let_pass(three), std::nullopt);
    EXPECT_TRUE(all.take(here, one)) << "nobody waits any more";
    EXPECT_EQ(all.let_pass(one), std::nullopt) << "it has it";
    EXPECT_EQ(all.state(here, one), lane_state::ours);
}

TEST(lanes, the_same_id_behind_another_keystone_is_another_load_balancer)
{
    lanes all;
    lane elsewhere = here;
    elsewhere.identity = support::interned("http://another/v3");
    ASSERT_TRUE(all.take(here, one));
    EXPECT_TRUE(all.take(elsewhere, two));
    EXPECT_FALSE(all.take(here, three));
}

TEST(lanes, who_does_not_have_it_leaves_nothing)
{
    lanes all;
    all.take(here, one);
    all.wait(here, two);
    EXPECT_EQ(all.leave(here, two), std::nullopt);
    EXPECT_EQ(all.leave(there, one), std::nullopt);
    EXPECT_EQ(all.state(here, one), lane_state::ours);
}

}  // namespace
