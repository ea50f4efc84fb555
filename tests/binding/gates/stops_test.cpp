// The stops, which end a pass before the slots are decided: no answer of the cloud, another protocol, another
// controller.
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
using testing::HasSubstr;

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
