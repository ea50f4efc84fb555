// A listener is gone when the cloud and project of the ledger say so twice (proven-gone).
#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using binding::requeue;
using cloud::failure;
using testing::HasSubstr;

TEST(plan, a_listener_is_gone_after_two_answers_five_seconds_apart)
{
    world_builder w;
    w.add_attached("web", "a", default_slot);
    w.change("web").deleting();
    w.listener = failing(failure::not_found);
    EXPECT_EQ(w.finish().wait, 5s);
    w.later(4s).finish();
    EXPECT_TRUE(w.exists("web"));
    w.later(2s).finish();
    EXPECT_FALSE(w.exists("web"));
}

TEST(plan, another_answer_in_between_starts_the_proof_again)
{
    world_builder w;
    w.add_attached("web", "a", default_slot);
    w.change("web").deleting();
    for (const failure kind : {failure::transient, failure::access_denied, failure::credentials_invalid})
    {
        w.listener = failing(failure::not_found);
        w.later(6s).finish();
        w.listener = failing(kind);
        w.later(6s).finish();
    }
    w.listener = failing(failure::not_found);
    w.later(6s).finish();
    EXPECT_TRUE(w.exists("web"));
    w.later(6s).finish();
    EXPECT_FALSE(w.exists("web"));
}

TEST(plan, only_the_listeners_own_not_found_is_gone)
{
    for (const failure kind :
         {failure::transient,
          failure::access_denied,
          failure::credentials_invalid,
          failure::rate_limited,
          failure::no_endpoint,
          failure::refused,
          failure::busy})
    {
        world_builder w;
        w.add_attached("web", "a", default_slot);
        w.change("web").deleting();
        w.listener = failing(kind);
        for (int i = 0; i < 10; ++i)
        {
            w.later(6s).finish();
        }
        EXPECT_TRUE(w.exists("web")) << static_cast<int>(kind);
        EXPECT_EQ(w.status("web"), "deleting Detaching [default a]") << static_cast<int>(kind);
    }
}

TEST(plan, the_ledger_of_a_live_binding_is_never_cleared_by_not_found)
{
    world_builder w;
    w.add_attached("web", "a", default_slot).remembers("f");
    w.listener = failing(failure::not_found);
    for (int i = 0; i < 100; ++i)
    {
        w.later(1min).finish();
    }
    EXPECT_EQ(w.status("web"), "error ListenerNotFound [default a, was f]");
}

TEST(plan, a_listener_that_another_cloud_does_not_know_is_cloud_changed_and_nothing_is_given_up)
{
    world_builder w;
    w.add_attached("web", "a", default_slot);
    w.add_attached("going", "b", sni_slot);
    w.change("going").deleting();
    w.scope->project_id = "another";
    w.listener = failing(failure::not_found);
    for (int i = 0; i < 10; ++i)
    {
        w.later(1min).finish();
    }
    EXPECT_EQ(w.status("web"), "error CloudChanged [default a]");
    EXPECT_EQ(w.status("going"), "deleting Detaching [sni b]");
    for (const std::string name : {"web", "going"})
    {
        EXPECT_THAT(w.message(name), HasSubstr("project"));
        EXPECT_THAT(w.message(name), HasSubstr("another"));
        EXPECT_THAT(w.message(name), HasSubstr("certificates.bycloud.io/abandon"));
    }
}

// Another client wrote an entry into the status of "new", without the cloud and project that it was attached
// through.
TEST(plan, a_deletion_does_not_wait_for_the_cloud_of_whom_somebody_wrote_an_entry)
{
    world_builder w;
    w.add_attached("web", "a", default_slot);
    w.add("new", "a").holds("e", default_slot).object().status.ledger.scope = {};
    w.change("web").deleting();
    w.listener = failing(failure::not_found);
    w.finish();
    EXPECT_EQ(w.status("web"), "deleting Detaching [default a]") << "one 404 proves nothing";
    w.later(6s).finish();
    EXPECT_FALSE(w.exists("web"));
    EXPECT_EQ(w.status("new"), "error CloudChanged [default e]");
    w.later(1min).finish();
    w.change("new").deleting();
    for (int i = 0; i < 10; ++i)
    {
        w.later(1min).finish();
    }
    EXPECT_TRUE(w.exists("new")) << "no cloud can prove where its entry is";
}

TEST(plan, trouble_of_another_cloud_is_trouble_and_does_not_tell_that_the_cloud_has_changed)
{
    for (const auto kind : {failure::transient, failure::rate_limited})
    {
        world_builder w;
        w.add_attached("web", "a", default_slot);
        w.add("new", "b").holds_unconfirmed("b", default_slot);
        w.scope->project_id = "another";
        w.listener = failing(kind);
        EXPECT_EQ(w.finish().next, binding::requeue::retry);
        EXPECT_EQ(w.status("web"), "active Attached [default a]");
        EXPECT_EQ(w.status("new"), "pending CloudUnavailable [default b?]");
    }
}

TEST(plan, a_deletion_without_an_entry_goes_though_the_cloud_has_changed)
{
    world_builder w;
    w.add_attached("web", "a", default_slot);
    w.add("new", "b").deleting().object().finalizers.add(binding::finalizer);
    w.scope->identity = "http://another/v3";
    w.listener = failing(failure::not_found);
    w.finish();
    EXPECT_FALSE(w.exists("new"));
}

TEST(plan, the_proof_starts_again_in_another_scope)
{
    world_builder w;
    w.add_attached("web", "a", default_slot);
    w.change("web").deleting();
    const auto right = *w.scope;
    w.listener = failing(failure::not_found);
    w.scope->project_id = "another";
    w.finish();
    w.scope = right;
    w.later(10s).finish();
    EXPECT_TRUE(w.exists("web")) << "one of the two answers was another project's";
}

TEST(plan, a_changed_endpoint_that_shows_the_listener_is_written_down)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.scope->load_balancer_endpoint = "http://new-octavia/v2";
    w.finish();
    EXPECT_EQ(w.object("web").status.ledger.scope.load_balancer_endpoint.view(), "http://new-octavia/v2");
    EXPECT_EQ(w.status("web"), "active Attached [default a]");
}

TEST(plan, a_listener_that_is_gone_gives_its_turn_back)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.accept(w.put());
    w.settle();
    w.listener = failing(failure::not_found);
    w.finish();
    w.later(6s).finish();
    EXPECT_FALSE(w.facts().puts.under_way) << "no PUT can take effect on it";
}

TEST(plan, a_listener_that_is_not_there_may_still_come_for_five_minutes)
{
    world_builder w;
    w.add("web", "a").object().created = w.wall();
    const auto there = w.listener;
    w.listener = failing(failure::not_found);
    w.finish();
    EXPECT_EQ(w.status("web"), "pending ListenerNotFound []");
    w.later(4min).finish();
    EXPECT_EQ(w.status("web"), "pending ListenerNotFound []");
    w.later(1min).finish();
    EXPECT_EQ(w.status("web"), "error ListenerNotFound []");
    w.listener = there;
    EXPECT_EQ(w.later(1min).converge(), 1) << "it still heals by itself";
}

TEST(plan, a_new_generation_brings_new_grace_and_an_old_one_none)
{
    world_builder w;
    w.add("web", "a");
    w.listener = failing(failure::not_found);
    w.finish();
    EXPECT_EQ(w.status("web"), "error ListenerNotFound []") << "it has been there for two hours";
    w.change("web").wants("b");
    w.later(1s).finish();
    EXPECT_EQ(w.status("web"), "pending ListenerNotFound []");
}

TEST(plan, an_error_that_was_reported_is_not_taken_back_by_a_start)
{
    world_builder w;
    w.add("web", "a").object().created = w.wall() - 1min;
    w.listener = failing(failure::not_found);
    w.finish();
    EXPECT_EQ(w.status("web"), "pending ListenerNotFound []");
    w.later(5min).finish();
    w.restart().finish();
    EXPECT_EQ(w.status("web"), "error ListenerNotFound []");
}

}  // namespace
