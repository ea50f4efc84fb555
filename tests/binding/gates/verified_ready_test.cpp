// Nothing is Ready before it was read back from a load balancer at rest (verified-ready).
#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using binding::requeue;
using cloud::provisioning_status;

TEST(plan, nothing_is_ready_before_the_load_balancer_is_active_again)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.accept(w.put());
    w.finish();
    EXPECT_EQ(w.status("web"), "pending Progressing [default a?, was f]");
    w.set_listener(provisioning_status::active);
    w.later(1s).finish();
    EXPECT_EQ(w.status("web"), "pending Progressing [default a?, was f]");
    w.settle();
    w.later(1s).finish();
    EXPECT_EQ(w.status("web"), "active Attached [default a, was f]");
}

TEST(plan, a_new_binding_is_told_that_the_change_of_others_is_still_going_on)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.accept(w.put());
    w.later(1s).finish();
    w.add("new", "b").sni();
    w.later(1s).finish();
    EXPECT_EQ(w.status("new"), "pending Progressing []");
    w.clear_trace();
    for (int i = 0; i < 10; ++i)
    {
        w.later(2s).finish();
    }
    EXPECT_THAT(w.steps(), testing::Each(testing::StartsWith("end for"))) << "once";
}

TEST(plan, a_listener_read_before_the_change_ended_is_read_again)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.accept(w.put());
    w.set_balancer(provisioning_status::active);
    w.clear_trace();
    w.later(1s);
    binding::step decided = w.plan_once();
    // The listener is PENDING; the load balancer was read later and is ACTIVE.
    w.target_state().record_scope({w.now, w.scope});
    w.target_state().record_listener(w.settings, {w.now, w.listener});
    w.target_state().record_load_balancer({w.now + 1us, w.balancer});
    decided = w.plan_once();
    ASSERT_TRUE(std::holds_alternative<binding::read>(decided)) << decided;
    EXPECT_TRUE(std::get<binding::read>(decided).listener);
}

TEST(plan, nothing_is_ready_while_the_load_balancer_is_changed_for_another_binding)
{
    world_builder w;
    w.shows("f", {"b"}).add("web", "a");
    w.add("more", "b").sni();
    w.set_balancer(provisioning_status::pending);
    w.finish();
    EXPECT_EQ(w.status("web"), "pending LoadBalancerBusy []");
    EXPECT_EQ(w.status("more"), "pending LoadBalancerBusy []")
        << "it is there, but read in the middle of a change";
}

TEST(plan, nothing_is_ready_on_a_listener_in_error_though_another_binding_writes)
{
    world_builder w;
    w.shows("f", {"b"}).add("web", "a");
    w.add("more", "b").sni();
    w.set_listener(provisioning_status::error);
    w.put();
    EXPECT_THAT(w.status("more"), testing::Not(testing::StartsWith("active")));
}

TEST(plan, a_load_balancer_in_error_after_our_put_is_reported_and_confirms_nothing)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.accept(w.put());
    w.set_balancer(provisioning_status::error);
    w.set_listener(provisioning_status::active);
    EXPECT_EQ(w.later(1s).finish().next, requeue::slow);
    EXPECT_EQ(w.status("web"), "error LoadBalancerError [default a?, was f]");
}

TEST(plan, a_ready_binding_stays_ready_through_a_pending_load_balancer)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.set_balancer(provisioning_status::pending);
    w.finish();
    w.later(10min).finish();
    EXPECT_EQ(w.status("web"), "active Attached [default a]");
    EXPECT_THAT(w.steps(), testing::Each(testing::StartsWith("end for")));
}

TEST(plan, a_new_generation_is_not_ready_by_the_old_ones_word)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.certificates["b"] = not_active("b");
    w.change("web").wants("b");
    w.finish();
    EXPECT_EQ(w.status("web"), "error CertificateNotActive [default a]");
    EXPECT_EQ(w.object("web").status.observed_generation, 2);
}

}  // namespace
