// Duplicates: bindings of one certificate in one slot, and the ledger that passes from one to the other.
#include "binding/plan/plan_fixture.hpp"

#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;

TEST(plan_ledger, the_recorded_default_travels_to_an_older_duplicate_without_a_put)
{
    world_builder w;
    w.shows("a").add_attached("young", "a", default_slot).remembers("f");
    w.add("old", "a").older();
    EXPECT_EQ(w.converge(), 0);
    EXPECT_EQ(w.status("old"), "active Attached [default a, was f]");
    EXPECT_EQ(w.status("young"), "error Conflict []");
}

TEST(plan_ledger, the_recorded_default_travels_to_the_duplicate_that_stays)
{
    world_builder w;
    w.shows("a").add_attached("going", "a", default_slot).remembers("f");
    w.add("stays", "a");
    w.finish();
    w.change("going").deleting();
    EXPECT_EQ(w.later(1s).converge(), 0);
    EXPECT_EQ(w.status("stays"), "active Attached [default a, was f]");
}

TEST(plan_ledger, the_leaver_goes_only_when_the_copy_is_committed)
{
    world_builder w;
    w.shows("a").add_attached("going", "a", default_slot).remembers("f");
    w.change("going").deleting();
    w.add("stays", "a");
    w.write_fails = [](const std::string& name) { return name == "stays"; };
    w.finish();
    EXPECT_EQ(to_text(w.object("going").status.ledger), "[default a, was f]");
    w.later(1s).finish();
    ASSERT_TRUE(w.exists("going"));
    EXPECT_EQ(to_text(w.object("going").status.ledger), "[default a, was f]");
    w.write_fails = nullptr;
    w.later(1s).converge();
    EXPECT_FALSE(w.exists("going"));
    EXPECT_EQ(w.status("stays"), "active Attached [default a, was f]");
}

TEST(plan_ledger, the_loser_of_a_duplicate_gives_its_entry_up_only_when_the_copy_is_committed)
{
    world_builder w;
    w.shows("a").add_attached("young", "a", default_slot).remembers("f");
    w.add("old", "a").older();
    w.write_fails = [](const std::string& name) { return name == "old"; };
    w.finish();
    w.later(1s).finish();
    EXPECT_EQ(to_text(w.object("young").status.ledger), "[default a, was f]");
    w.write_fails = nullptr;
    w.later(1s).converge();
    EXPECT_EQ(w.status("old"), "active Attached [default a, was f]");
    EXPECT_EQ(w.status("young"), "error Conflict []");
}

TEST(plan_ledger, the_leaver_goes_only_when_the_one_that_stays_has_its_finalizer)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("stays", "a", sni_slot);
    w.add_attached("going", "a", sni_slot);
    w.change("going").deleting();
    w.change("stays").object().finalizers.clear();  // by hand
    w.write_fails = [](const std::string& name) { return name == "stays"; };
    w.finish();
    EXPECT_TRUE(w.exists("going"));
    w.write_fails = nullptr;
    w.later(1s).converge();
    EXPECT_FALSE(w.exists("going"));
    EXPECT_TRUE(w.object("stays").has_finalizer());
}

TEST(plan_ledger, two_losers_of_a_duplicate_do_not_rely_on_each_other)
{
    for (const slot in : {default_slot, sni_slot})
    {
        world_builder w;
        in == sni_slot ? w.shows("f", {"a"}) : w.shows("a");
        w.add_attached("young", "a", in);
        w.add_attached("younger", "a", in);
        w.add("old", "a").older().object().spec.sni = in == sni_slot;
        w.write_fails = [](const std::string& name) { return name == "old"; };
        w.finish();
        EXPECT_FALSE(w.object("young").status.ledger.attachments.empty());
        EXPECT_FALSE(w.object("younger").status.ledger.attachments.empty());
        w.write_fails = nullptr;
        w.later(1s).converge();
        EXPECT_EQ(w.status("young"), "error Conflict []");
        EXPECT_EQ(w.status("younger"), "error Conflict []");
    }
}

TEST(plan_ledger, a_crash_between_the_copy_and_the_release_loses_nothing)
{
    world_builder w;
    w.shows("a").add_attached("going", "a", default_slot).remembers("f");
    w.change("going").deleting();
    w.add("stays", "a");
    w.write_fails = [](const std::string& name) { return name == "going"; };
    w.finish();
    ASSERT_EQ(to_text(w.object("stays").status.ledger), "[default a, was f]");
    w.write_fails = nullptr;
    w.restart().converge();
    EXPECT_FALSE(w.exists("going"));
    EXPECT_EQ(w.status("stays"), "active Attached [default a, was f]");
    EXPECT_EQ(w.slots(), "default=a sni=");
}

}  // namespace
