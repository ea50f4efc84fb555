// Adoption: what is already in the wanted slot becomes the binding's (ownership).
#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using cloud::failure;
using cloud::ref_state;
using testing::Contains;
using testing::ElementsAre;

TEST(plan_ledger, what_is_in_the_wanted_slot_is_adopted_with_two_writes_and_no_put)
{
    for (const bool sni : {true, false})
    {
        world_builder w;
        w.shows("a", {"a"}).add("web", "a").object().spec.sni = sni;
        EXPECT_EQ(w.converge(), 0);
        EXPECT_THAT(
            w.steps(),
            ElementsAre(
                "commit finalizer(web)",
                sni ? "commit status(web active Attached [sni a])"
                    : "commit status(web active Attached [default a])",
                "end until the resync"
            )
        );
        EXPECT_THAT(w.told, Contains("Adopted web"));
    }
}

TEST(plan_ledger, what_is_adopted_beside_a_change_that_is_deferred_is_ready_with_its_entry)
{
    world_builder w;
    w.shows("f", {"b", "e"}).add("web", "a").sni();
    w.add("more", "b").sni();
    w.refs["e"] = ref_state::dead;
    w.write_fails = [&w](const std::string& name) {
        EXPECT_TRUE(name != "more" || w.status("more") != "active Attached []");
        return false;
    };
    w.finish();
    w.later(6s).finish();
    EXPECT_EQ(w.status("web"), "error BlockedByUnreadableRef []");
    EXPECT_EQ(w.status("more"), "active Attached [sni b]");
}

TEST(plan_ledger, adoption_keeps_the_spelling_of_the_listener)
{
    world_builder w;
    w.shows("f", {"other:a"}).add("web", "a").sni();
    w.converge();
    EXPECT_EQ(w.status("web"), "active Attached [sni other:a]");
    w.change("web").deleting();
    EXPECT_EQ(text(w.later(1s).put()), "put sni=");
}

TEST(plan_ledger, adoption_does_not_depend_on_the_certificates_state)
{
    for (const auto& answer :
         {not_active("a"), cloud::answer<cloud::certificate>(failing(failure::not_found))})
    {
        world_builder w;
        w.shows("f", {"a"}).add("web", "a").sni();
        w.certificates["a"] = answer;
        w.converge();
        EXPECT_EQ(to_text(w.object("web").status.ledger), "[sni a]");
    }
}

TEST(plan_ledger, an_adopted_one_is_the_bindings_and_goes_with_it)
{
    world_builder w;
    w.shows("f", {"a", "e"}).add("web", "a").sni();
    w.converge();
    w.change("web").deleting();
    EXPECT_EQ(w.later(1s).converge(), 1);
    EXPECT_EQ(w.slots(), "default=f sni=e");
}

TEST(plan_ledger, a_status_that_was_lost_before_the_start_heals_by_adoption)
{
    world_builder w;
    w.restart().shows("a", {"e"}).add("web", "a").object().finalizers.add(binding::finalizer);
    EXPECT_EQ(w.converge(), 0);
    EXPECT_EQ(w.status("web"), "active Attached [default a]");
}

TEST(plan_ledger, of_a_rotation_whose_ledger_was_lost_the_old_ref_is_foreign)
{
    world_builder w;
    w.restart().shows("f", {"a"}).add("web", "b").sni();
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.slots(), "default=f sni=a,b");
}

TEST(plan_ledger, the_same_ref_in_the_other_slot_is_not_adopted)
{
    world_builder w;
    w.shows("a").add("web", "a").sni();
    EXPECT_EQ(text(w.put()), "put sni=a");
}

}  // namespace
