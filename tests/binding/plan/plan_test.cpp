// The stages of a plan: the reads before the first decision, and the steps from there to a stable target.
#include "binding/plan/plan.hpp"

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

// ---- the way of a pass ----

TEST(plan, asks_for_the_scope_then_the_listener_and_the_certificates_then_the_load_balancer)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.put();
    EXPECT_THAT(
        w.reads(),
        ElementsAre(
            "read scope",
            "read listener balancer certificates(web)",
            "read other-listeners refs(f)",
            "read listener"
        )
    );
}

TEST(plan, an_attach_is_three_writes_and_one_put)
{
    world_builder w;
    w.shows("f").add("web", "a");
    EXPECT_EQ(w.converge(), 1);
    EXPECT_THAT(
        w.steps(),
        ElementsAre(
            "commit finalizer(web)",
            "commit status(web pending Progressing [default a?, was f])",
            "put default=a",
            "commit status(web active Attached [default a, was f])",
            "end until the resync"
        )
    );
}

TEST(plan, a_stable_target_is_read_and_not_written)
{
    world_builder w;
    w.shows("a", {"b", "e"}).add_attached("web", "a", default_slot);
    w.add_attached("more", "b", sni_slot);
    w.finish();
    w.later(10min).finish();
    EXPECT_THAT(w.steps(), ElementsAre("end until the resync", "end until the resync"));
}

TEST(plan, what_arrives_while_bindings_still_arrive_waits_for_the_rest)
{
    world_builder w;
    w.settings.settle = 100ms;
    w.add("web", "a").sni();
    EXPECT_THAT(w.finish().wait, testing::AllOf(testing::Gt(40ms), testing::Le(50ms)));
    w.later(90ms).add("more", "b").sni();
    w.finish();
    w.later(100ms);
    EXPECT_EQ(w.put().adds.size(), 2U);
}

TEST(plan, while_bindings_arrive_only_their_certificates_are_read)
{
    world_builder w;
    w.settings.settle = 100ms;
    w.add("web", "a").sni();
    w.finish();
    w.clear_trace();
    w.later(60ms).add("more", "b").sni();
    w.finish();
    EXPECT_THAT(w.reads(), ElementsAre("read certificates(more)"));
    EXPECT_THAT(w.steps(), ElementsAre("end for 49 ms"));
    w.later(100ms).clear_trace();
    EXPECT_EQ(w.put().adds.size(), 2U);
    EXPECT_EQ(w.reads().at(1), "read listener balancer");
}

TEST(plan, finalizers_are_added_when_no_binding_has_arrived_for_half_of_the_wait)
{
    world_builder w;
    w.settings.settle = 100ms;
    w.add("web", "a").sni();
    w.finish();
    w.later(50ms).clear_trace();
    w.finish();
    EXPECT_THAT(w.steps(), ElementsAre("commit finalizer(web)", "end for 49 ms"));
    w.later(50ms).clear_trace();
    w.put();
    EXPECT_THAT(w.steps(), ElementsAre("commit status(web pending Progressing [sni a?])", "put sni=a"));
}

TEST(plan, while_another_target_has_the_turn_finalizers_are_added_and_no_ledger_is_written)
{
    world_builder w;
    w.turn = binding::turn_state::taken;
    w.add("web", "a").sni();
    EXPECT_EQ(w.finish().next, binding::requeue::turn);
    EXPECT_THAT(w.steps(), testing::Contains("commit finalizer(web)"));
    w.turn = binding::turn_state::free;
    w.later(1s).clear_trace();
    w.put();
    EXPECT_THAT(w.steps(), ElementsAre("commit status(web pending Progressing [sni a?])", "put sni=a"));
}

TEST(plan, a_status_tells_of_another_targets_turn_once_the_change_has_waited_five_seconds_for_it)
{
    world_builder w;
    w.turn = binding::turn_state::taken;
    w.add("web", "a").sni();
    const auto end = w.finish();
    EXPECT_EQ(end.next, binding::requeue::turn);
    EXPECT_THAT(end.wait, testing::AllOf(testing::Gt(4900ms), testing::Le(5s)));
    EXPECT_THAT(w.steps(), testing::Not(testing::Contains(testing::HasSubstr("commit status"))));
    w.later(5s);
    EXPECT_EQ(w.finish().next, binding::requeue::turn);
    EXPECT_EQ(w.status("web"), "pending Progressing []");
}

TEST(plan, while_a_change_waits_for_its_turn_the_other_bindings_get_their_statuses_at_once)
{
    world_builder w;
    w.turn = binding::turn_state::taken;
    w.certificates["d"] = failing(cloud::failure::not_found);
    w.add("web", "a").sni();
    w.add("lost", "d").sni();
    EXPECT_EQ(w.finish().next, binding::requeue::turn);
    EXPECT_EQ(w.status("lost"), "error CertificateNotFound []");
    EXPECT_THAT(w.steps(), testing::Not(testing::Contains(testing::HasSubstr("status(web"))));
}

TEST(plan, a_status_that_could_not_be_written_while_another_target_has_the_turn_is_written_soon)
{
    world_builder w;
    w.turn = binding::turn_state::taken;
    w.add("web", "a").sni();
    w.finish();
    w.later(5s);
    w.write_fails = [](const std::string&) { return true; };
    EXPECT_EQ(w.finish().next, binding::requeue::retry);
    w.write_fails = nullptr;
    w.later(1s).finish();
    EXPECT_EQ(w.status("web"), "pending Progressing []");
}

TEST(plan, what_may_be_created_soon_is_an_error_after_five_minutes_though_the_turn_does_not_come)
{
    world_builder w;
    w.turn = binding::turn_state::taken;
    w.certificates["d"] = failing(cloud::failure::not_found);
    w.add("web", "a").sni();
    w.finish();
    w.later(10min).add("lost", "d").sni();
    w.change("lost").object().created = w.wall();
    const auto end = w.finish();
    EXPECT_EQ(w.status("lost"), "pending CertificateNotFound []");
    EXPECT_EQ(end.next, binding::requeue::turn);
    EXPECT_THAT(end.wait, testing::AllOf(testing::Gt(0s), testing::Le(5min)));
}

TEST(plan, finalizers_are_added_while_another_change_of_the_load_balancer_is_under_way)
{
    world_builder w;
    w.settings.settle = 100ms;
    w.turn = binding::turn_state::taken;
    w.set_balancer(cloud::provisioning_status::pending);
    w.add("web", "a").sni();
    EXPECT_LE(w.finish().wait, 50ms);
    w.later(50ms).clear_trace();
    w.finish();
    EXPECT_THAT(w.steps(), ElementsAre("commit finalizer(web)", "end for 49 ms"));
    w.later(50ms);
    const auto end = w.finish();
    EXPECT_EQ(end.next, binding::requeue::turn);
    EXPECT_GT(end.wait, 4s) << "until a status tells of the wait";
}

TEST(plan, what_arrives_while_another_target_has_the_turn_gets_its_status_when_it_has_waited)
{
    world_builder w;
    w.settings.settle = 100ms;
    w.turn = binding::turn_state::taken;
    w.add("web", "a").sni();
    w.finish();
    w.later(100ms);
    EXPECT_EQ(w.finish().next, binding::requeue::turn);
    w.clear_trace();
    w.later(1s).add("more", "b").sni();
    EXPECT_EQ(w.finish().next, binding::requeue::after);
    EXPECT_THAT(w.reads(), ElementsAre("read certificates(more)"));
    w.later(100ms);
    EXPECT_EQ(w.finish().next, binding::requeue::turn);
    w.later(4s);
    EXPECT_EQ(w.finish().next, binding::requeue::turn);
    EXPECT_EQ(w.status("more"), "pending Progressing []");
}

TEST(plan, what_keeps_arriving_is_waited_for_two_seconds_at_most)
{
    world_builder w;
    w.settings.settle = 100ms;
    const auto began = w.now;
    for (int i = 0; i < 100; ++i)
    {
        w.add("web-" + std::to_string(i), "a").sni();
        if (std::holds_alternative<binding::put>(w.run()))
        {
            break;
        }
        w.later(90ms);
    }
    EXPECT_GT(w.now - began, 1900ms);
    EXPECT_LT(w.now - began, 2100ms);
}

}  // namespace
