// Ledgers that another client changes while the controller runs: what it wrote is never acted on (ownership).
#include "binding/observed/target_state_access.hpp"
#include "binding/plan/plan_fixture.hpp"

#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using access = binding::target_state_access;

TEST(plan_ledger, an_entry_that_somebody_added_is_dropped_and_never_acted_on)
{
    world_builder w;
    w.shows("f", {"a", "e"}).add_attached("web", "a", sni_slot);
    w.finish();
    w.change("web").holds("e", sni_slot);
    EXPECT_EQ(w.later(1s).converge(), 0);
    EXPECT_EQ(w.status("web"), "active Attached [sni a]");
    w.change("web").holds("e", sni_slot).deleting();
    w.later(1s).converge();
    EXPECT_EQ(w.slots(), "default=f sni=e");
}

TEST(plan_ledger, an_entry_and_a_recorded_default_that_somebody_took_away_are_restored)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot).remembers("f");
    w.finish();
    w.change("web").object().status = {};
    w.later(1s).finish();
    EXPECT_EQ(w.status("web"), "active Attached [default a, was f]");
}

TEST(plan_ledger, a_deletion_whose_entry_somebody_took_away_still_detaches)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.finish();
    w.change("web").deleting().object().status.ledger = {};
    EXPECT_EQ(w.later(1s).converge(), 1);
    EXPECT_EQ(w.slots(), "default=f sni=");
}

TEST(plan_ledger, a_recorded_default_that_somebody_wrote_is_not_what_goes_back)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot).remembers("f");
    w.finish();
    w.change("web").remembers("e").deleting();
    w.later(1s).converge();
    EXPECT_EQ(w.slots(), "default=f sni=");
}

TEST(plan_ledger, at_a_start_what_the_status_holds_is_believed)
{
    world_builder w;
    w.restart().shows("a", {"b"}).add_attached("web", "a", default_slot).remembers("f").deleting();
    w.change("web").holds("b", sni_slot);
    w.converge();
    EXPECT_EQ(w.slots(), "default=f sni=");
}

// Another client wrote an entry into the status of "new" that would make it the heir of the default.
TEST(plan_ledger, an_entry_is_not_passed_on_to_whom_somebody_else_wrote_it_for)
{
    world_builder w;
    w.shows("a", {"a"});
    w.add("web", "a").sni().holds("a", default_slot).holds("a", sni_slot);
    const auto uid = w.add("new", "a").holds("a", default_slot).object().uid;
    access::facts(w.target_state()).bindings[uid].held = binding::ledger{};
    w.most_steps = 3;  // scope, everything else, one commit
    w.run();
    EXPECT_EQ(to_text(w.object("web").status.ledger), "[default a, sni a]");
    w.most_steps.reset();
    w.finish();
    EXPECT_EQ(to_text(w.object("web").status.ledger), "[sni a]") << "we wrote it";
    EXPECT_EQ(to_text(w.object("new").status.ledger), "[default a]");
}

// "new" never gets the slot that it wants, so it keeps the default that another client wrote into its status.
TEST(plan_ledger, a_deletion_does_not_wait_for_whom_somebody_wrote_a_default_and_who_lost_a_conflict)
{
    world_builder w;
    w.shows("a", {"b"});
    w.add_attached("first", "b", sni_slot);
    w.add_attached("web", "a", default_slot).remembers("f");
    w.add("new", "b").sni().holds("a", default_slot);
    w.change("web").deleting();
    EXPECT_EQ(w.converge(), 0);
    EXPECT_FALSE(w.exists("web")) << w.status("web");
    EXPECT_EQ(w.status("new"), "error Conflict [default a, was f]")
        << "the recorded default travels with the slot";
    w.change("new").deleting();
    EXPECT_EQ(w.converge(), 1);
    EXPECT_FALSE(w.exists("new"));
    EXPECT_EQ(w.slots(), "default=f sni=b");
}

}  // namespace
