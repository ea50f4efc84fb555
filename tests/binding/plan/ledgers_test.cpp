// The ledger: adoption (ownership), confirmation (write-ahead) and the recorded default
// (never-without-default).
#include "binding/observed/target_state_access.hpp"
#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using cloud::failure;
using cloud::provisioning_status;
using cloud::ref_state;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using access = binding::target_state_access;

// ---- ownership: adoption ----

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

// ---- ownership: entries that another client writes into a ledger while the controller runs ----

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

// ---- write-ahead: an entry is confirmed when a read shows it ----

TEST(plan_ledger, an_entry_is_confirmed_when_it_was_read_back)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    const auto put = w.put();
    EXPECT_EQ(w.status("web"), "pending Progressing [sni a?]");
    w.accept(put);
    w.settle();
    w.finish();
    EXPECT_EQ(w.status("web"), "active Attached [sni a]");
}

TEST(plan_ledger, the_entry_of_a_put_that_was_refused_is_given_up)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.fail(w.put(), {failure::refused, "no", {}, {}});
    w.finish();
    EXPECT_EQ(w.status("web"), "error CertificateRefused []");
}

TEST(plan_ledger, the_confirmed_entry_of_what_somebody_took_off_the_listener_is_kept_for_the_repair)
{
    world_builder w;
    w.shows("f").add_attached("web", "a", sni_slot);
    w.set_balancer(provisioning_status::error);
    w.finish();
    w.later(2s).finish();
    EXPECT_EQ(w.status("web"), "error LoadBalancerError [sni a]");
}

TEST(plan_ledger, a_finalizer_that_somebody_took_away_comes_back)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.finish();
    w.change("web").object().finalizers.clear();
    w.later(1s).finish();
    EXPECT_TRUE(w.object("web").has_finalizer());
}

// ---- never-without-default: the recorded default ----

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

TEST(plan_ledger, an_old_scope_of_the_ledger_is_written_again_with_the_put)
{
    world_builder w;
    w.shows("f").add_attached("web", "a", sni_slot);
    w.scope->load_balancer_endpoint = "http://new-octavia/v2";
    w.finish();
    w.later(2s).put();
    EXPECT_EQ(w.object("web").status.ledger.scope.load_balancer_endpoint.view(), "http://new-octavia/v2");
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
