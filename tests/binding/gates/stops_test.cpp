// The stops, which end a pass before the slots are decided: proven-gone, verified-ready, no answer of the
// cloud.
#include "binding/observed/target_state_access.hpp"
#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using access = binding::target_state_access;

using namespace test;
using namespace std::chrono_literals;
using binding::requeue;
using cloud::failure;
using cloud::provisioning_status;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// ---- proven-gone ----

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

// ---- verified-ready ----

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

// ---- the cloud does not answer, or refuses ----

struct listener_failure
{
    const char* name;
    failure kind;
    const char* status;
    requeue next;
};

class plan_without_a_listener : public testing::TestWithParam<listener_failure>
{};

TEST_P(plan_without_a_listener, says_why_and_comes_back)
{
    world_builder w;
    w.add("web", "a");
    w.listener = failing(GetParam().kind);
    EXPECT_EQ(w.finish().next, GetParam().next);
    EXPECT_EQ(w.status("web"), GetParam().status);
    EXPECT_TRUE(w.message("web").starts_with("as the service said")) << w.message("web");
}

TEST(plan_for_people, says_what_to_check_where_the_listener_cannot_be_read)
{
    const auto message = [](failure kind, const std::string& secret) {
        world_builder w;
        w.add("web", "a").object().spec.secret = support::interned(secret);
        w.listener = failing(kind);
        w.finish();
        return w.message("web");
    };
    EXPECT_EQ(
        message(failure::not_found, ""),
        "as the service said; check spec.resourceId, spec.region and the project of the credential (region "
        "sao1, project project)"
    );
    EXPECT_EQ(
        message(failure::access_denied, ""),
        "as the service said; the user of the credential needs a role such as load-balancer_member in the "
        "project of the listener (region sao1, project project)"
    );
    EXPECT_EQ(
        message(failure::credentials_invalid, ""),
        "as the service said (the controller's own credential, which is read again each minute)"
    );
    EXPECT_EQ(
        message(failure::credentials_invalid, "cloud"),
        "as the service said (the credential of Secret shop/cloud)"
    );
    EXPECT_EQ(message(failure::transient, ""), "as the service said");
}

INSTANTIATE_TEST_SUITE_P(
    every_kind,
    plan_without_a_listener,
    testing::Values(
        listener_failure{"denied", failure::access_denied, "error ListenerAccessDenied []", requeue::slow},
        listener_failure{"no_endpoint", failure::no_endpoint, "error ListenerNotFound []", requeue::slow},
        listener_failure{
            "credentials", failure::credentials_invalid, "error CredentialsInvalid []", requeue::slow
        },
        listener_failure{"limited", failure::rate_limited, "pending CloudUnavailable []", requeue::retry},
        listener_failure{"transient", failure::transient, "pending CloudUnavailable []", requeue::retry}
    ),
    [](const auto& row) { return row.param.name; }
);

// As often as the catalog is asked for again.
TEST(plan, an_endpoint_that_the_catalog_lacks_is_looked_for_each_minute)
{
    world_builder w;
    w.add("web", "a");
    w.listener = failing(failure::no_endpoint);
    EXPECT_EQ(w.finish().wait, 1min);
}

TEST(plan, credentials_that_keystone_refuses_are_reported)
{
    world_builder w;
    w.add("web", "a");
    w.scope = failing(failure::credentials_invalid);
    EXPECT_EQ(w.finish().next, requeue::slow);
    EXPECT_EQ(w.status("web"), "error CredentialsInvalid []");
}

TEST(plan, a_ready_binding_stays_ready_through_trouble_of_the_cloud_for_three_resync_periods)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.finish();
    access::facts(w.target_state()).bindings.begin()->second.verified_at = w.now;
    w.listener = failing(failure::transient);
    w.later(29min).finish();
    EXPECT_EQ(w.status("web"), "active Attached [default a]");
    w.later(2min).finish();
    EXPECT_EQ(w.status("web"), "pending CloudUnavailable [default a]");
    const auto& ready = w.object("web").status[binding::condition_type::ready];
    EXPECT_EQ(ready.status, binding::condition_status::unknown);
}

TEST(plan, a_ready_binding_of_an_earlier_process_stays_ready_for_three_resync_periods_of_this_one)
{
    world_builder w;
    w.restart().shows("a").add_attached("web", "a", default_slot);
    w.listener = failing(failure::transient);
    w.finish();
    w.later(29min).finish();
    EXPECT_EQ(w.status("web"), "active Attached [default a]");
    w.later(2min).finish();
    EXPECT_EQ(w.status("web"), "pending CloudUnavailable [default a]");
}

TEST(plan, a_load_balancer_that_stays_pending_leaves_nothing_verified)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.finish();
    w.set_balancer(provisioning_status::pending);
    w.later(29min).finish();
    EXPECT_EQ(w.status("web"), "active Attached [default a]");
    w.later(2min).finish();
    EXPECT_EQ(w.status("web"), "pending CloudUnavailable [default a]");
    w.settle();
    w.later(1s).finish();
    EXPECT_EQ(w.status("web"), "active Attached [default a]");
}

// ---- the protocol ----

TEST(plan, a_listener_of_another_protocol_is_reported_and_never_written)
{
    for (const std::string protocol : {"HTTP", "HTTPS", "TCP", "PROMETHEUS"})
    {
        world_builder w;
        w.add("web", "a");
        w.listener->protocol = protocol;
        EXPECT_EQ(w.finish().next, requeue::slow);
        EXPECT_EQ(w.status("web"), "error ListenerProtocol []");
        EXPECT_THAT(w.message("web"), HasSubstr(protocol));
    }
}

TEST(plan, a_deletion_on_a_listener_of_another_protocol_goes)
{
    world_builder w;
    w.add("web", "a").holds("a", sni_slot).deleting();
    w.listener->protocol = "TCP";
    w.finish();
    w.later(2s).finish();
    EXPECT_FALSE(w.exists("web"));
}

TEST(plan, a_deletion_on_a_listener_of_another_protocol_does_not_end_by_a_read_of_a_busy_one)
{
    world_builder w;
    w.add("web", "a").holds("a", sni_slot).deleting();
    w.listener->protocol = "TCP";
    w.set_balancer(provisioning_status::pending);
    w.finish();
    EXPECT_TRUE(w.exists("web"));
}

// ---- several controllers ----

TEST(plan, the_last_deletions_on_a_listener_of_another_controller_take_their_refs_along)
{
    world_builder w;
    w.shows("f", {"a"});
    w.add_attached("web", "a", sni_slot);
    w.divided = "409: the controller south has this listener";
    w.change("web").deleting();
    w.converge();
    EXPECT_FALSE(w.exists("web"));
    EXPECT_EQ(w.slots(), "default=f sni=");
}

TEST(plan, a_listener_of_another_controller_is_left_as_it_is)
{
    world_builder w;
    w.shows("a");
    w.add_attached("old", "a", default_slot);
    w.add("web", "b");
    w.divided = "409: the controller south has this listener";
    EXPECT_EQ(w.finish().next, requeue::slow);
    EXPECT_EQ(w.status("web"), "error Conflict []");
    EXPECT_EQ(w.status("old"), "error Conflict [default a]");
    EXPECT_EQ(w.message("web"), *w.divided);
    w.change("old").deleting();
    w.later(1min).finish();
    EXPECT_TRUE(w.exists("old"));
    EXPECT_EQ(w.status("old"), "deleting Detaching [default a]");
    EXPECT_THAT(w.message("old"), HasSubstr("set spec.deletionPolicy to Retain"));
    EXPECT_EQ(w.slots(), "default=a sni=");
    w.divided.reset();
    w.later(1min).converge();
    EXPECT_FALSE(w.exists("old"));
    EXPECT_EQ(w.status("web"), "active Attached [default b]");
}

}  // namespace
