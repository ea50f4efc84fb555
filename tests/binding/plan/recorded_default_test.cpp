// The recorded default: the one from before, which comes back when ours goes (never-without-default).
#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using testing::Contains;

TEST(plan_ledger, the_foreign_default_is_recorded_before_we_write_over_it)
{
    world_builder w;
    w.shows("f").add("web", "a");
    const auto sent = w.put();
    EXPECT_EQ(w.status("web"), "pending Progressing [default a?, was f]");
    w.accept(sent);
    EXPECT_THAT(w.told, Contains("DefaultReplaced web"));
}

TEST(plan_ledger, of_several_bindings_the_one_is_named_that_takes_the_default_or_leaves_it)
{
    world_builder w;
    w.shows("f", {"e"}).add_attached("first", "e", sni_slot);
    w.add("web", "a");
    EXPECT_EQ(w.converge(), 1);
    EXPECT_THAT(w.told, Contains("DefaultReplaced web"));
    w.change("web").deleting();
    EXPECT_EQ(w.later(1s).converge(), 1);
    EXPECT_THAT(w.told, Contains("DefaultRestored web"));
}

TEST(plan_ledger, a_repair_remembers_the_newer_foreign_default)
{
    world_builder w;
    w.shows("e").add_attached("web", "a", default_slot).remembers("f");
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.status("web"), "active Attached [default a, was e]");
}

TEST(plan_ledger, a_repair_of_an_empty_default_keeps_the_recorded_default)
{
    world_builder w;
    w.shows("").add_attached("web", "a", default_slot).remembers("f");
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.status("web"), "active Attached [default a, was f]");
}

TEST(plan_ledger, the_entry_of_a_recorded_default_that_goes_back_is_committed_before_the_put)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot).remembers("f").holds("f", default_slot);
    w.change("web").wants_sni(true);
    w.finish();  // the listener contradicts the ledger; the second read proves that
    w.later(2s);
    EXPECT_EQ(text(w.put()), "put default=f sni=a");
    EXPECT_EQ(to_text(w.object("web").status.ledger), "[default a?, default f?, sni a?, was f]");
}

TEST(plan_ledger, the_recorded_default_is_committed_with_the_heir_before_the_put)
{
    world_builder w;
    w.shows("a").add_attached("going", "a", default_slot).remembers("f");
    w.change("going").deleting();
    w.add("heir", "b");
    EXPECT_EQ(text(w.put()), "put default=b");
    EXPECT_EQ(w.status("heir"), "pending Progressing [default b?, was f]");
}

TEST(plan_ledger, the_recorded_default_travels_to_an_older_winner)
{
    world_builder w;
    w.shows("b").add_attached("young", "b", default_slot).remembers("f");
    w.add("old", "a").older();
    w.put();
    EXPECT_EQ(to_text(w.object("old").status.ledger), "[default a?, was f]");
}

TEST(plan_ledger, a_crash_between_the_heirs_copy_and_the_put_loses_nothing)
{
    world_builder w;
    w.shows("a").add_attached("going", "a", default_slot).remembers("f");
    w.change("going").deleting();
    w.add("heir", "b");
    w.put();
    w.restart().converge();
    EXPECT_FALSE(w.exists("going"));
    EXPECT_EQ(w.status("heir"), "active Attached [default b, was f]");
    w.change("heir").deleting();
    w.later(1s).converge();
    EXPECT_EQ(w.slots(), "default=f sni=");
}

TEST(plan_ledger, a_recorded_default_without_a_default_entry_beside_it_counts_for_nothing)
{
    world_builder w;
    w.shows("a").add_attached("more", "b", sni_slot).remembers("e");
    w.add_attached("web", "a", default_slot);
    w.listener->sni_refs = refs({"b"});
    w.change("web").deleting();
    w.converge();
    EXPECT_EQ(w.slots(), "default=a sni=b") << "not e";
    EXPECT_EQ(w.status("more"), "active Attached [sni b]");
}

TEST(plan_ledger, a_retained_default_is_foreign_for_the_next_one)
{
    world_builder w;
    w.shows("a").add_attached("going", "a", default_slot).remembers("f");
    w.change("going").retain().deleting();
    w.add("next", "b");
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.status("next"), "active Attached [default b, was a]");
}

}  // namespace
