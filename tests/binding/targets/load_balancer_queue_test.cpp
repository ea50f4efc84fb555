#include "binding/targets/load_balancer_queue.hpp"

#include <gtest/gtest.h>

namespace {

using binding::load_balancer_key;
using binding::load_balancer_queue;
using binding::target;
using binding::turn_state;

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
const load_balancer_key here{region, id(100)};
const load_balancer_key there{region, id(200)};

TEST(load_balancer_queue, a_turn_is_free_until_it_is_taken)
{
    load_balancer_queue all;
    EXPECT_EQ(all.state(here, one), turn_state::free);
    EXPECT_TRUE(all.take(here, one));
    EXPECT_EQ(all.state(here, one), turn_state::ours);
    EXPECT_EQ(all.state(here, two), turn_state::taken);
}

TEST(load_balancer_queue, a_taken_turn_is_not_taken_by_another)
{
    load_balancer_queue all;
    all.take(here, one);
    EXPECT_FALSE(all.take(here, two));
    EXPECT_TRUE(all.take(here, one)) << "who has it has it";
    EXPECT_EQ(all.state(here, one), turn_state::ours);
}

TEST(load_balancer_queue, each_load_balancer_has_its_own)
{
    load_balancer_queue all;
    EXPECT_TRUE(all.take(here, one));
    EXPECT_TRUE(all.take(there, two));
    EXPECT_EQ(all.state(there, one), turn_state::taken);
}

TEST(load_balancer_queue, the_same_load_balancer_in_another_region_has_a_turn_of_its_own)
{
    load_balancer_queue all;
    all.take(here, one);
    EXPECT_TRUE(all.take({support::interned("rio1"), here.load_balancer}, two));
}

TEST(load_balancer_queue, it_is_the_turn_of_who_has_waited_longest)
{
    load_balancer_queue all;
    all.take(here, one);
    EXPECT_FALSE(all.is_wanted(here));
    all.wait(here, three);
    all.wait(here, two);
    all.wait(here, three);
    EXPECT_TRUE(all.is_wanted(here));
    EXPECT_EQ(all.leave(here, one), three);
    EXPECT_EQ(all.state(here, three), turn_state::free);
    EXPECT_EQ(all.state(here, one), turn_state::taken) << "it is not its turn";
    EXPECT_FALSE(all.take(here, one));
    EXPECT_TRUE(all.take(here, three));
    EXPECT_EQ(all.leave(here, three), two);
    EXPECT_TRUE(all.take(here, two));
    EXPECT_EQ(all.leave(here, two), std::nullopt) << "each once";
    EXPECT_TRUE(all.take(here, one));
}

TEST(load_balancer_queue, who_lets_its_turn_pass_gives_it_to_the_next)
{
    load_balancer_queue all;
    all.take(here, one);
    all.wait(here, two);
    all.wait(here, three);
    ASSERT_EQ(all.leave(here, one), two);
    EXPECT_EQ(all.let_pass(one), std::nullopt) << "it is not its turn";
    EXPECT_EQ(all.let_pass(two), three);
    EXPECT_EQ(all.let_pass(three), std::nullopt);
    EXPECT_TRUE(all.take(here, one)) << "nobody waits any more";
    EXPECT_EQ(all.let_pass(one), std::nullopt) << "it has it";
    EXPECT_EQ(all.state(here, one), turn_state::ours);
}

TEST(load_balancer_queue, the_same_id_behind_another_keystone_is_another_load_balancer)
{
    load_balancer_queue all;
    load_balancer_key elsewhere = here;
    elsewhere.identity = support::interned("http://another/v3");
    ASSERT_TRUE(all.take(here, one));
    EXPECT_TRUE(all.take(elsewhere, two));
    EXPECT_FALSE(all.take(here, three));
}

TEST(load_balancer_queue, who_does_not_have_it_leaves_nothing)
{
    load_balancer_queue all;
    all.take(here, one);
    all.wait(here, two);
    EXPECT_EQ(all.leave(here, two), std::nullopt);
    EXPECT_EQ(all.leave(there, one), std::nullopt);
    EXPECT_EQ(all.state(here, one), turn_state::ours);
}

}  // namespace
