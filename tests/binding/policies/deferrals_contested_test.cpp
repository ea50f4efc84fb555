// contested: another client keeps undoing the controller's changes.
#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace {

using namespace test;
using namespace std::chrono_literals;
using binding::requeue;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// Runs passes for `span`, as the reconciler does, while another client undoes each PUT. Returns the times of
// the PUTs.
std::vector<support::duration> fought(
    world_builder& w, support::duration span, const std::function<void(world_builder&)>& undo
)
{
    std::vector<support::duration> puts;
    const auto began = w.now;
    while (w.now - began < span)
    {
        const binding::step step = w.run();
        if (const auto* put = std::get_if<binding::put>(&step))
        {
            puts.push_back(w.now - began);
            w.accept(*put);
            w.later(1s);
            w.settle();
            undo(w);
            continue;
        }
        const auto& end = std::get<binding::done>(step);
        const bool waits = end.next == requeue::after || end.next == requeue::poll;
        const auto wait = waits ? std::min(end.wait, w.settings.resync_period) : w.settings.resync_period;
        w.later(std::min<support::duration>(wait, began + span - w.now));
    }
    return puts;
}

std::size_t within(const std::vector<support::duration>& puts, support::duration from, support::duration to)
{
    return static_cast<std::size_t>(std::ranges::count_if(puts, [&](const auto& time) {
        return time >= from && time < to;
    }));
}

TEST(plan_contested, each_repair_doubles_the_wait_up_to_an_hour)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    const auto puts = fought(w, 12h, [](world_builder& it) { it.shows("f"); });
    ASSERT_GE(puts.size(), 7U);
    EXPECT_LE(puts[1], 1min) << "the first repair comes at once";
    EXPECT_GE(puts[2] - puts[1], 10min);
    EXPECT_GE(puts[3] - puts[2], 20min);
    EXPECT_GE(puts[4] - puts[3], 40min);
    EXPECT_GE(puts[5] - puts[4], 60min);
    EXPECT_GE(puts[6] - puts[5], 60min);
    EXPECT_LE(puts[6] - puts[5], 71min) << "and it goes on";
    EXPECT_EQ(w.slots(), "default=f sni=");
}

TEST(plan_contested, requests_per_hour_fall)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    const auto puts = fought(w, 6h, [](world_builder& it) { it.shows("f"); });
    EXPECT_LE(within(puts, 0h, 1h), 5U);
    EXPECT_LE(within(puts, 2h, 3h), 1U);
    EXPECT_LE(within(puts, 5h, 6h), 1U);
}

TEST(plan_contested, the_binding_says_contested_and_names_the_ref)
{
    for (const bool sni : {true, false})
    {
        world_builder w;
        w.shows("f").add("web", "a").object().spec.sni = sni;
        fought(w, 5min, [](world_builder& it) { it.shows("f"); });
        w.finish();
        EXPECT_THAT(w.status("web"), StartsWith("error Contested ["));
        EXPECT_THAT(w.message("web"), HasSubstr(ref("a").str()));
    }
}

TEST(plan_contested, what_is_undone_before_it_is_read_back_is_not_fought_at_full_speed)
{
    world_builder w;
    w.shows("f").add("web", "a");
    EXPECT_LE(fought(w, 9min, [](world_builder& it) { it.shows("f"); }).size(), 2U);
}

TEST(plan_contested, one_that_is_undone_once_is_repaired_at_once)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.converge();
    w.shows("f");
    EXPECT_EQ(w.later(10min).converge(), 1);
    EXPECT_EQ(w.status("web"), "active Attached [sni a]");
}

TEST(plan_contested, the_others_of_the_listener_go_on)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    fought(w, 5min, [](world_builder& it) { it.shows("f"); });
    w.add("more", "b").sni();
    w.later(1s);
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.slots(), "default=f sni=b");
    EXPECT_EQ(w.status("more"), "active Attached [sni b]");
    EXPECT_THAT(w.status("web"), StartsWith("error Contested ["));
}

TEST(plan_contested, a_retry_that_is_asked_for_ends_it)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    fought(w, 3h, [](world_builder& it) { it.shows("f"); });
    w.later(1s).finish();
    w.change("web").asked_again("now");
    EXPECT_EQ(w.later(1s).converge(), 1);
    EXPECT_EQ(w.status("web"), "active Attached [sni a]");
    w.shows("f");
    EXPECT_EQ(w.later(1min).converge(), 1) << "and the count begins again";
}

TEST(plan_contested, what_stays_for_an_hour_is_not_contested_any_more)
{
    for (const auto& [stays, at_once] : {std::pair<support::duration, bool>(40min, false), {70min, true}})
    {
        world_builder w;
        w.shows("f").add("web", "a").sni();
        w.converge();
        for (int i = 0; i < 5; ++i)
        {
            w.shows("f");
            w.later(1h);
            w.converge();
        }
        ASSERT_EQ(w.status("web"), "active Attached [sni a]");
        for (auto t = support::duration::zero(); t < stays; t += 10min)
        {
            w.later(10min).finish();
        }
        w.shows("f");
        w.later(1s);
        EXPECT_EQ(w.converge(), at_once ? 1 : 0);
        EXPECT_THAT(w.status("web"), StartsWith(at_once ? "active Attached" : "error Contested"));
        w.shows("f");
        w.later(1s);
        EXPECT_EQ(w.converge(), at_once ? 1 : 0) << "the count began again";
    }
}

TEST(plan_contested, the_default_of_an_older_binding_stays_with_it_though_it_is_contested)
{
    world_builder w;
    w.shows("f").add("old", "a");
    w.add("young", "b");
    fought(w, 5min, [](world_builder& it) { it.shows("e"); });
    w.finish();
    EXPECT_THAT(w.status("old"), StartsWith("error Contested ["));
    EXPECT_EQ(w.status("young"), "error Conflict []");
    EXPECT_EQ(w.slots(), "default=e sni=");
}

TEST(plan_contested, what_somebody_keeps_putting_back_is_removed_at_growing_intervals)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.change("web").deleting();
    const auto puts = fought(w, 5h, [](world_builder& it) { it.shows("f", {"a"}); });
    ASSERT_GE(puts.size(), 4U);
    EXPECT_LE(puts.size(), 9U);
    EXPECT_GE(puts[3] - puts[2], 20min);
    EXPECT_THAT(w.status("web"), StartsWith("deleting Detaching ["));
    EXPECT_THAT(w.message("web"), HasSubstr(ref("a").str()));
    w.shows("f");
    w.later(1h).run();
    w.later(2s).run();
    EXPECT_EQ(w.status("web"), "gone");
}

TEST(plan_contested, there_and_back_by_its_own_binding_is_no_contest)
{
    for (const std::string slot : {"default", "sni"})
    {
        SCOPED_TRACE(slot);
        world_builder w;
        w.shows("f").add("web", "a").object().spec.sni = slot == "sni";
        EXPECT_EQ(w.converge(), 1);
        for (const std::string next : {"b", "a", "b", "a"})
        {
            w.change("web").wants(next);
            EXPECT_EQ(w.later(1s).converge(), 1);
            EXPECT_THAT(w.status("web"), StartsWith("active Attached [" + slot + " " + next));
        }
        w.shows("f");
        EXPECT_EQ(w.later(1min).converge(), 1) << "undone for the first time";
    }
}

TEST(plan_contested, a_load_balancer_that_is_busy_for_long_does_not_end_it)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    fought(w, 6h, [](world_builder& it) { it.shows("f"); });
    w.turn = binding::turn_state::taken;
    w.later(70min).finish();
    w.turn = binding::turn_state::free;
    EXPECT_EQ(w.later(1s).converge(), 1);
    w.shows("f");
    EXPECT_EQ(w.later(1s).converge(), 0);
    EXPECT_THAT(w.status("web"), StartsWith("error Contested ["));
}

TEST(plan_contested, a_start_begins_the_count_again)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    fought(w, 3h, [](world_builder& it) { it.shows("f"); });
    w.later(1s).finish();
    EXPECT_EQ(w.restart().converge(), 1);
    EXPECT_EQ(w.status("web"), "active Attached [sni a]");
}

}  // namespace
