// Waits that begin as pending and end as an error, because by then a person is needed.
#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using binding::condition_status;
using binding::condition_type;
using binding::requeue;
using cloud::failure;
using cloud::provisioning_status;
using testing::HasSubstr;
using testing::Not;

std::unexpected<cloud::error> misdirected()
{
    auto error = failing(failure::transient, "Octavia: the host is unknown");
    error.error().misdirected = true;
    return error;
}

bool needs_person(const world_builder& w, const std::string& name)
{
    return w.object(name).status[condition_type::stalled].status == condition_status::true_;
}

// Passes at the interval until `span` has gone.
void pass_each(world_builder& w, support::duration interval, support::duration span)
{
    for (support::duration gone{}; gone < span; gone += interval)
    {
        w.later(interval);
        w.finish();
    }
}

// ---- the cloud ----

TEST(overdue, a_misdirected_cloud_needs_a_person_after_five_minutes_and_heals_by_itself)
{
    world_builder w;
    w.shows("f").add("web", "a");
    const auto listener = std::exchange(w.listener, misdirected());
    w.finish();
    EXPECT_EQ(w.status("web"), "pending CloudUnavailable []");
    pass_each(w, 1min, 4min);
    EXPECT_EQ(w.status("web"), "pending CloudUnavailable []");
    pass_each(w, 1min, 1min);
    EXPECT_EQ(w.status("web"), "error CloudUnavailable []");
    EXPECT_TRUE(needs_person(w, "web"));
    w.restart().finish();
    EXPECT_TRUE(needs_person(w, "web")) << "a start begins no new wait";
    w.listener = listener;
    w.later(1min).put();
}

TEST(overdue, a_cloud_that_only_gives_no_answer_is_waited_for)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.listener = failing(failure::transient, "Octavia: timed out");
    w.finish();
    pass_each(w, 1min, 1h);
    EXPECT_EQ(w.status("web"), "pending CloudUnavailable []");
    w.listener = misdirected();
    pass_each(w, 1min, 3min);
    EXPECT_FALSE(needs_person(w, "web")) << "the row of misdirected requests began three minutes ago";
    w.listener = failing(failure::transient, "Octavia: timed out");
    pass_each(w, 1min, 1min);
    w.listener = misdirected();
    pass_each(w, 1min, 4min);
    EXPECT_FALSE(needs_person(w, "web")) << "the row was broken";
}

TEST(overdue, each_service_of_the_cloud_may_be_misdirected)
{
    for (const char* service : {"Keystone", "Octavia", "Barbican"})
    {
        world_builder w;
        w.shows("f").add("web", "a");
        if (service == std::string("Keystone"))
        {
            w.scope = misdirected();
        }
        else if (service == std::string("Octavia"))
        {
            w.listener = misdirected();
        }
        else
        {
            w.certificates.emplace("a", misdirected());
        }
        w.finish();
        EXPECT_FALSE(needs_person(w, "web")) << service;
        pass_each(w, 1min, 5min);
        EXPECT_EQ(w.status("web"), "error CloudUnavailable []") << service;
        EXPECT_TRUE(needs_person(w, "web")) << service;
    }
}

TEST(overdue, a_ready_binding_stays_ready_for_three_resync_periods_though_the_cloud_is_misdirected)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.finish();
    w.listener = misdirected();
    pass_each(w, 1min, 29min);
    EXPECT_EQ(w.status("web"), "active Attached [default a]");
    pass_each(w, 1min, 2min);
    EXPECT_EQ(w.status("web"), "error CloudUnavailable [default a]");
}

// ---- the load balancer ----

TEST(overdue, a_load_balancer_that_stays_pending_needs_a_person_after_half_an_hour)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.set_balancer(provisioning_status::pending);
    w.finish();
    EXPECT_EQ(w.status("web"), "pending LoadBalancerBusy []");
    pass_each(w, 1min, 29min);
    EXPECT_FALSE(needs_person(w, "web"));
    EXPECT_THAT(w.message("web"), Not(HasSubstr("half an hour")));
    pass_each(w, 1min, 1min);
    EXPECT_EQ(w.status("web"), "error LoadBalancerBusy []");
    EXPECT_THAT(w.message("web"), HasSubstr("half an hour"));
    w.restart().finish();
    EXPECT_TRUE(needs_person(w, "web")) << "a start begins no new wait";
    w.set_balancer(provisioning_status::active);
    w.later(1min).put();
}

TEST(overdue, a_load_balancer_that_changes_often_is_waited_for)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    for (int change = 0; change < 5; ++change)
    {
        w.set_balancer(provisioning_status::pending);
        pass_each(w, 1min, 20min);
        EXPECT_FALSE(needs_person(w, "web"));
        w.set_balancer(provisioning_status::active);
        pass_each(w, 1min, 1min);
    }
}

TEST(overdue, our_own_change_that_never_ends_needs_a_person_for_each_binding_of_the_listener)
{
    world_builder w;
    w.shows("f", {"b"}).add_attached("old", "b", sni_slot);
    w.add("new", "a").sni();
    w.accept(w.put());
    pass_each(w, 1min, 20min);
    EXPECT_EQ(w.status("new"), "pending Progressing [sni a?]");
    EXPECT_EQ(w.status("old"), "active Attached [sni b]") << "Ready for three resync periods";
    pass_each(w, 1min, 11min);
    EXPECT_EQ(w.status("new"), "error Progressing [sni a?]");
    EXPECT_TRUE(needs_person(w, "new"));
    EXPECT_EQ(w.status("old"), "error CloudUnavailable [sni b]");
    EXPECT_TRUE(needs_person(w, "old"));
    EXPECT_THAT(w.message("old"), HasSubstr("because the load balancer is being changed; the load balancer"));
    w.settle();
    w.later(1min).finish();
    EXPECT_EQ(w.status("new"), "active Attached [sni a]");
    EXPECT_EQ(w.status("old"), "active Attached [sni b]");
}

TEST(overdue, a_deletion_that_waits_for_a_pending_load_balancer_needs_a_person_after_half_an_hour)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.change("web").deleting();
    w.set_balancer(provisioning_status::pending);
    w.finish();
    EXPECT_FALSE(needs_person(w, "web"));
    pass_each(w, 1min, 30min);
    EXPECT_EQ(w.status("web"), "deleting Detaching [sni a]");
    EXPECT_EQ(w.object("web").status[condition_type::stalled].reason, binding::reason::load_balancer_busy);
}

// ---- certificates ----

TEST(overdue, a_certificate_that_is_not_active_is_waited_for_five_minutes_of_a_generation)
{
    world_builder w;
    w.shows("f").add("web", "a").object().created = w.wall();
    w.certificates.emplace("a", not_active("a"));
    EXPECT_EQ(w.finish().next, requeue::poll);
    EXPECT_EQ(w.status("web"), "pending CertificateNotActive []");
    w.later(5min).finish();
    EXPECT_EQ(w.status("web"), "error CertificateNotActive []");
    w.certificates.at("a") = active("a");
    w.later(5min).put();
}

TEST(overdue, a_container_that_lacks_a_part_needs_a_person_at_once)
{
    world_builder w;
    w.shows("f").add("web", "a").object().created = w.wall();
    auto certificate = not_active("a");
    certificate->hopeless = true;
    w.certificates.emplace("a", certificate);
    w.finish();
    EXPECT_EQ(w.status("web"), "error CertificateNotActive []");
}

TEST(overdue, the_end_of_a_grace_period_is_not_slept_through)
{
    world_builder w;
    w.shows("f").add("web", "a").object().created = w.wall();
    w.certificates.emplace("a", failing(failure::not_found));
    for (;;)
    {
        const binding::done end = w.finish();
        if (needs_person(w, "web"))
        {
            break;
        }
        ASSERT_TRUE(end.next == requeue::poll || end.next == requeue::slow);
        ASSERT_GT(end.wait, 0s);
        w.later(end.wait);
    }
    EXPECT_EQ(w.wall() - w.object("web").created, 5min);
}

// ---- the default certificate ----

TEST(no_default_certificate, an_sni_certificate_is_not_ready_without_a_default_and_heals_with_one)
{
    world_builder w;
    w.shows("").add("web", "a").sni().object().created = w.wall();
    w.accept(w.put());
    w.settle();
    w.later();
    const binding::done end = w.finish();
    EXPECT_EQ(w.status("web"), "pending NoDefaultCertificate [sni a]");
    EXPECT_EQ(w.object("web").status[condition_type::attached].status, condition_status::true_);
    EXPECT_THAT(w.message("web"), HasSubstr("options.sni false"));
    EXPECT_EQ(end.next, requeue::slow);
    w.later(5min).finish();
    EXPECT_EQ(w.status("web"), "error NoDefaultCertificate [sni a]");
    w.shows("f", {"a"});
    w.later(1min).finish();
    w.later(2s).finish();
    EXPECT_EQ(w.status("web"), "active Attached [sni a]");
}

TEST(no_default_certificate, the_default_of_another_binding_makes_both_ready)
{
    world_builder w;
    w.shows("").add("web", "a").sni();
    w.add("main", "b");
    w.converge();
    EXPECT_EQ(w.status("web"), "active Attached [sni a]");
    EXPECT_EQ(w.status("main"), "active Attached [default b]");
}

TEST(no_default_certificate, a_default_that_is_about_to_be_attached_is_progress)
{
    world_builder w;
    w.shows("").add("web", "a").sni();
    w.converge();
    EXPECT_EQ(w.status("web"), "error NoDefaultCertificate [sni a]");
    w.add("main", "b");
    w.later().put();
    EXPECT_EQ(w.status("web"), "error NoDefaultCertificate [sni a]") << "the default is not there yet";
    w.converge();
    EXPECT_EQ(w.status("web"), "active Attached [sni a]");
}

TEST(no_default_certificate, a_ready_binding_whose_default_another_client_removed_says_so)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.finish();
    w.shows("", {"a"});
    w.later(10min).finish();
    w.later(2s).finish();
    EXPECT_EQ(w.status("web"), "error NoDefaultCertificate [sni a]");
}

TEST(no_default_certificate, the_change_of_another_client_does_not_hide_it)
{
    world_builder w;
    w.shows("").add("web", "a").sni();
    w.converge();
    w.set_balancer(provisioning_status::pending);
    w.later(1min).finish();
    EXPECT_EQ(w.status("web"), "error NoDefaultCertificate [sni a]");
}

}  // namespace
