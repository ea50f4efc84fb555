// unanswered-writes: the decisions while a PUT may still take effect, and after a failed PUT.
#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using binding::requeue;
using cloud::failure;
using cloud::provisioning_status;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// ---- unanswered-writes ----

TEST(plan, an_ambiguous_put_whose_value_is_read_twice_counts)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.cut(w.put(), true);
    w.settle();
    w.finish();
    EXPECT_TRUE(w.facts().puts.under_way) << "a lagging replica may have shown an older, equal value";
    w.later(2s).finish();
    EXPECT_EQ(w.status("web"), "active Attached [default a, was f]");
    EXPECT_FALSE(w.facts().puts.under_way);
}

TEST(plan, after_an_ambiguous_put_the_old_value_counts_only_after_the_deadline)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.cut(w.put(), false);
    w.clear_trace();
    const auto sent = w.now;
    while (w.later(500ms).now < sent + cloud::sent_within + w.settings.write_deadline + w.settings.per_ref)
    {
        EXPECT_EQ(w.finish().next, requeue::after);
        EXPECT_EQ(w.status("web"), "pending Progressing [default a?, was f]");
        EXPECT_EQ(w.turn, binding::turn_state::ours) << "the turn is kept";
    }
    EXPECT_EQ(w.finish().next, requeue::after) << "others of the load balancer may go first";
    EXPECT_EQ(w.status("web"), "pending CloudUnavailable [default a?, was f]");
    w.later(1s).put();
}

TEST(plan, a_change_that_is_never_answered_is_tried_at_growing_intervals)
{
    world_builder w;
    w.shows("f").add("web", "a");
    support::duration longest{};
    for (int i = 0; i < 10; ++i)
    {
        w.cut(w.put(), false);
        w.later(w.facts().puts.under_way->deadline - w.now);
        const auto wait = w.finish().wait;
        EXPECT_GE(wait, longest);
        longest = wait;
        w.later(wait);
    }
    EXPECT_GT(longest, 59s);
    w.cut(w.put(), true);
    w.settle();
    w.later(1s).finish();
    w.later(2s).finish();
    EXPECT_FALSE(w.facts().refusals.unanswered) << "it took effect";
}

// ---- an accepted PUT ----

TEST(plan, while_octavia_makes_a_change_the_load_balancer_alone_is_asked_and_only_when_it_is_time)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.accept(w.put());
    w.clear_trace();
    const auto first = w.finish();
    EXPECT_EQ(first.next, requeue::after);
    EXPECT_THAT(w.reads(), IsEmpty()) << "Octavia has just said that the change is under way";
    w.later(first.wait).finish();
    EXPECT_THAT(w.reads(), ElementsAre("read scope", "read balancer"));
    w.clear_trace();
    w.settle();
    w.later().finish();
    EXPECT_THAT(w.reads(), ElementsAre("read scope", "read balancer", "read listener"));
    EXPECT_EQ(w.status("web"), "active Attached [default a, was f]");
}

TEST(plan, while_octavia_makes_a_change_the_certificate_of_a_binding_that_comes_is_read)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.accept(w.put());
    w.finish();
    w.clear_trace();
    w.add("more", "b").sni();
    w.later().finish();
    EXPECT_THAT(w.reads(), ElementsAre("read scope", "read certificates(more)"));
}

TEST(plan, the_next_change_is_looked_at_when_the_last_ones_ended)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    const auto change_that_takes = [&](support::duration time) {
        w.accept(w.put());
        const auto accepted = w.now;
        int looks = 0;
        while (w.facts().puts.under_way)
        {
            w.later(w.finish().wait);
            ++looks;
            if (w.now - accepted >= time)
            {
                w.settle();
            }
            w.finish();
        }
        EXPECT_LT(w.now - accepted, time * 5 / 4) << looks << " looks";
        return looks;
    };
    const int unknown = change_that_takes(3s);
    w.change("web").wants("b");
    const int known = change_that_takes(3s);
    EXPECT_LT(known, unknown / 2);
}

TEST(plan, the_deadline_grows_with_the_refs_of_the_body)
{
    world_builder w;
    w.shows("f", {"b", "c", "d"}).add("web", "a").sni();
    w.cut(w.put(), false);
    EXPECT_NEAR(
        std::chrono::duration<double>(w.facts().puts.under_way->deadline - w.now).count(),
        std::chrono::duration<double>(cloud::sent_within + w.settings.write_deadline + 4 * w.settings.per_ref)
            .count(),
        0.001
    );
}

TEST(plan, the_wait_for_an_ambiguous_put_is_written_once)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.cut(w.put(), false);
    w.finish();
    w.clear_trace();
    for (int i = 0; i < 40; ++i)
    {
        w.later(510ms).finish();
    }
    EXPECT_THAT(w.steps(), testing::Each(testing::StartsWith("end for")));
}

TEST(plan, nothing_becomes_ready_while_a_put_is_in_doubt)
{
    world_builder w;
    w.shows("f", {"b"}).add("web", "a");
    w.cut(w.put(), false);
    w.add("more", "b").sni();
    w.later(1s).finish();
    EXPECT_EQ(w.status("more"), "pending Progressing []") << "adopted only when the read counts";
}

TEST(plan, while_a_put_is_in_doubt_ready_is_what_it_leaves_alone)
{
    world_builder w;
    w.shows("f", {"a", "b"}).add_attached("there", "b", sni_slot);
    w.add("web", "a").sni().holds_unconfirmed("a", sni_slot).ready();
    w.restart();
    w.finish();
    ASSERT_TRUE(w.facts().puts.under_way);
    EXPECT_EQ(w.status("there"), "active Attached [sni b]");
    EXPECT_EQ(w.status("web"), "pending Progressing [sni a?]");
}

TEST(plan, no_finalizer_goes_while_a_put_is_in_doubt)
{
    world_builder w;
    w.shows("f", {"a", "b"}).add_attached("web", "a", sni_slot);
    w.add_attached("more", "b", sni_slot);
    w.change("web").deleting();
    w.cut(w.put(), true);
    w.set_balancer(provisioning_status::pending);
    w.change("more").deleting();
    w.later(1s).finish();
    EXPECT_TRUE(w.exists("web")) << "pending: not read back yet";
    w.shows("f", {"a"});  // neither the slots before the PUT nor the slots of the PUT
    w.settle();
    w.later(1s).finish();
    EXPECT_TRUE(w.exists("web"));
    EXPECT_TRUE(w.exists("more")) << "its ref is not there, but the read does not count";
    EXPECT_EQ(w.status("web"), "deleting Detaching [sni a?]");
}

TEST(plan, the_deletion_of_what_may_still_be_attached_waits_for_the_deadline)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.cut(w.put(), false);
    w.later(1s).change("web").deleting();
    w.finish();
    EXPECT_TRUE(w.exists("web")) << "the PUT may still put it there";
    w.later(34s).finish();
    EXPECT_FALSE(w.exists("web"));
}

TEST(plan, the_same_value_again_in_doubt_does_not_count_before_the_listener_has_healed)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.accept(w.put());
    w.settle();
    w.set_listener(provisioning_status::error);
    w.later(1s).finish();
    w.later(10s);
    w.cut(w.put(), false);
    const auto sent = w.now;
    while (w.later(1s).now < sent + cloud::sent_within + w.settings.write_deadline)
    {
        EXPECT_EQ(w.finish().next, requeue::after) << "no other PUT while this one may be under way";
        EXPECT_EQ(w.turn, binding::turn_state::ours);
    }
    w.later(1s);
    w.put();
}

TEST(plan, after_a_start_with_an_unconfirmed_entry_nothing_counts_before_the_deadline)
{
    world_builder w;
    w.restart().shows("a", {"e"});
    w.add("web", "a").holds_unconfirmed("a", default_slot);
    const auto began = *w.started;
    // 30 s and the lag of a replica, plus the time for the one entry of the ledger and the two refs of the
    // listener.
    const auto deadline = began + w.settings.write_deadline + w.settings.replica_lag + 3 * w.settings.per_ref;
    for (; w.now < deadline - 1s; w.later(3s))
    {
        w.finish();
        EXPECT_NE(w.status("web"), "active Attached [default a]");
        EXPECT_EQ(w.turn, binding::turn_state::ours) << "the turn is kept";
    }
    w.later(3s).finish();
    EXPECT_EQ(w.status("web"), "active Attached [default a]");
}

TEST(plan, after_a_start_an_unconfirmed_entry_is_not_given_up_before_the_deadline)
{
    world_builder w;
    w.restart().shows("f");
    w.add("web", "a").holds_unconfirmed("a", sni_slot).deleting();
    w.finish();
    w.later(32s).finish();
    EXPECT_TRUE(w.exists("web")) << "a replica that lags behind may not show the entry yet";
    w.later(2s).finish();
    EXPECT_FALSE(w.exists("web"));
}

TEST(plan, after_a_start_with_confirmed_entries_nothing_waits)
{
    world_builder w;
    w.restart().shows("a").add_attached("web", "a", default_slot);
    EXPECT_EQ(w.finish().next, requeue::resync);
}

TEST(plan, a_refused_put_is_no_ambiguous_one)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.fail(w.put(), {failure::refused, "no", {}, {}});
    EXPECT_FALSE(w.facts().puts.under_way);
    w.finish();
    EXPECT_EQ(w.status("web"), "error CertificateRefused []");
}

// A PUT that Octavia does not accept is not sent again in the same pass.
struct put_failure
{
    const char* name;
    failure kind;
    const char* status;
    requeue next;
};

class plan_after_a_put : public testing::TestWithParam<put_failure>
{};

TEST_P(plan_after_a_put, that_was_answered_otherwise_says_so_and_waits)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.fail(w.put(), {GetParam().kind, "as Octavia said", {}, {}});
    EXPECT_EQ(w.finish().next, GetParam().next);
    EXPECT_EQ(w.status("web"), GetParam().status);
    w.later(1min).put();
}

INSTANTIATE_TEST_SUITE_P(
    every_kind,
    plan_after_a_put,
    testing::Values(
        put_failure{"busy", failure::busy, "pending LoadBalancerBusy [default a?, was f]", requeue::retry},
        put_failure{
            "denied", failure::access_denied, "error ListenerAccessDenied [default a?, was f]", requeue::slow
        },
        put_failure{
            "limited", failure::rate_limited, "pending CloudUnavailable [default a?, was f]", requeue::retry
        },
        put_failure{
            "credentials",
            failure::credentials_invalid,
            "error CredentialsInvalid [default a?, was f]",
            requeue::slow
        },
        put_failure{
            "not_sent", failure::transient, "pending CloudUnavailable [default a?, was f]", requeue::retry
        }
    ),
    [](const auto& row) { return row.param.name; }
);

// Octavia's 409 has one text for PENDING and ERROR.
TEST(plan, a_busy_load_balancer_that_turns_out_to_be_in_error_is_reported_so)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.fail(w.put(), {failure::busy, "is immutable and cannot be updated", {}, {}});
    w.finish();
    EXPECT_EQ(w.status("web"), "pending LoadBalancerBusy [default a?, was f]");
    w.set_balancer(provisioning_status::error);
    w.later(1s).finish();
    EXPECT_EQ(w.status("web"), "error LoadBalancerError [default a?, was f]");
}

TEST(plan, a_put_that_is_limited_waits_as_long_as_it_is_told)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.fail(w.put(), {failure::rate_limited, "slow down", {}, 17s});
    const auto end = w.finish();
    EXPECT_EQ(end.next, requeue::retry);
    EXPECT_EQ(end.wait, 17s);
}

TEST(plan, a_put_of_an_earlier_process_is_over_at_its_deadline_also_on_a_listener_of_another_protocol)
{
    world_builder w;
    w.shows("f").add("web", "a").holds_unconfirmed("a", default_slot);
    w.listener->protocol = "HTTP";
    w.started = w.now;
    for (int i = 0; i < 3; ++i)
    {
        w.later(1min).run();
    }
    EXPECT_FALSE(w.facts().puts.under_way);
    EXPECT_THAT(w.status("web"), testing::StartsWith("error ListenerProtocol"));
}

}  // namespace
