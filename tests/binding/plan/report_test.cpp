// Deletions (ownership, never-without-default), and when a target is reconciled again.
#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using binding::requeue;
using cloud::failure;
using cloud::provisioning_status;
using cloud::ref_state;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// ---- ownership: the refs that a deletion may remove ----

TEST(plan_end, a_deletion_is_one_put_and_goes_when_its_ref_is_read_as_gone)
{
    world_builder w;
    w.shows("f", {"a", "e"}).add_attached("web", "a", sni_slot);
    w.change("web").deleting();
    EXPECT_EQ(w.converge(), 1);
    EXPECT_THAT(
        w.steps(),
        ElementsAre("commit status(web deleting Detaching [sni a?])", "put sni=e", "commit release(web)")
    );
}

TEST(plan_end, a_deletion_goes_only_when_listener_and_load_balancer_are_active)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.change("web").deleting();
    w.accept(w.put());
    w.later(1s).finish();
    EXPECT_TRUE(w.exists("web"));
    w.set_balancer(provisioning_status::error);
    w.later(1s).finish();
    EXPECT_TRUE(w.exists("web"));
    w.settle();
    w.set_listener(provisioning_status::error);
    w.later(1s).finish();
    EXPECT_TRUE(w.exists("web"));
    w.settle();
    w.later(10min).finish();
    EXPECT_FALSE(w.exists("web"));
}

TEST(plan_end, a_deletion_whose_ref_is_gone_already_needs_no_put)
{
    world_builder w;
    w.shows("f").add_attached("web", "a", sni_slot);
    w.change("web").deleting();
    EXPECT_EQ(w.converge(), 0);
    EXPECT_FALSE(w.exists("web"));
}

TEST(plan_end, a_deletion_without_an_entry_goes_without_asking_the_cloud)
{
    world_builder w;
    w.shows("f", {"a"}).add("web", "a").sni().deleting().object().finalizers.add(binding::finalizer);
    w.scope = failing(failure::transient);
    w.finish();
    EXPECT_FALSE(w.exists("web"));
    EXPECT_THAT(w.reads(), IsEmpty());
}

TEST(plan_end, a_deletion_without_an_entry_names_the_ref_that_it_leaves)
{
    world_builder w;
    w.shows("f", {"a", "b"}).add_attached("more", "b", sni_slot);
    w.finish();
    w.add("web", "a").sni().deleting().object().finalizers.add(binding::finalizer);
    w.later(1s).finish();
    EXPECT_FALSE(w.exists("web"));
    EXPECT_EQ(w.slots(), "default=f sni=a,b");
    EXPECT_THAT(w.told, Contains("NotDetached web"));
}

TEST(plan_end, an_object_that_goes_without_our_finalizer_is_left_alone)
{
    world_builder w;
    w.shows("f", {"a", "e"}).add("web", "a").sni().deleting();
    w.add_attached("more", "e", sni_slot);
    w.finish();
    EXPECT_THAT(w.steps(), ElementsAre("end until the resync"));
}

TEST(plan_end, retain_leaves_the_listener_as_it_is)
{
    world_builder w;
    w.shows("a", {"e"}).add_attached("web", "a", default_slot);
    w.change("web").retain().deleting();
    w.finish();
    EXPECT_FALSE(w.exists("web"));
    EXPECT_EQ(w.slots(), "default=a sni=e");
    EXPECT_THAT(w.told, ElementsAre("Retained web"));
}

TEST(plan_end, the_abandon_annotation_leaves_the_cloud_as_it_is_even_if_it_does_not_answer)
{
    world_builder w;
    w.add_attached("web", "a", default_slot).abandoned();
    w.change("web").deleting();
    w.scope = failing(failure::credentials_invalid);
    w.finish();
    EXPECT_FALSE(w.exists("web"));
}

TEST(plan_end, the_abandon_annotation_of_a_live_binding_does_nothing)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot).abandoned();
    w.finish();
    EXPECT_THAT(w.steps(), ElementsAre("end until the resync"));
}

TEST(plan_end, a_deletion_and_a_new_binding_of_the_same_certificate_pass_the_ref_on)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.change("web").deleting();
    w.add("again", "a").sni();
    EXPECT_EQ(w.converge(), 0);
    EXPECT_EQ(w.status("web"), "gone");
    EXPECT_EQ(w.status("again"), "active Attached [sni a]");
}

// ---- never-without-default ----

TEST(plan_end, the_next_binding_that_wants_the_default_gets_it)
{
    world_builder w;
    w.shows("a", {"e"}).add_attached("web", "a", default_slot).remembers("f");
    w.change("web").deleting();
    w.add("heir", "b");
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.slots(), "default=b sni=e");
}

TEST(plan_end, an_heir_that_cannot_be_attached_is_none)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot).remembers("f");
    w.change("web").deleting();
    w.certificates["b"] = not_active("b");
    w.add("heir", "b");
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.slots(), "default=f sni=");
}

TEST(plan_end, the_last_certificate_of_a_listener_in_error_has_its_ways_out_too)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.change("web").deleting();
    w.set_listener(provisioning_status::error);
    w.finish();
    EXPECT_EQ(w.status("web"), "deleting LastCertificate [default a]");
}

TEST(plan_end, a_deletion_on_a_load_balancer_in_error_is_attached_while_the_listener_shows_the_certificate)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.change("web").deleting();
    w.set_balancer(provisioning_status::error);
    w.finish();
    const auto& attached = w.object("web").status[binding::condition_type::attached];
    EXPECT_EQ(attached.status, binding::condition_status::true_);
    w.shows("f");
    w.later(1h).finish();
    w.later(2s).finish();
    EXPECT_EQ(attached.status, binding::condition_status::false_);
}

// Another client removed the certificate and left the listener in ERROR.
TEST(plan_end, a_deletion_does_not_wait_for_a_listener_in_error_that_holds_nothing_of_it)
{
    world_builder w;
    w.shows("f").add_attached("web", "a", sni_slot);
    w.add_attached("other", "b", sni_slot);
    w.shows("f", {"b"});
    w.change("web").deleting();
    w.set_listener(provisioning_status::error);
    w.finish();
    w.later(2s).finish();
    EXPECT_FALSE(w.exists("web"));
    EXPECT_EQ(w.status("other"), "error ListenerError [sni b]");
}

TEST(plan_end, the_recorded_default_goes_back_if_it_can_be_read)
{
    world_builder w;
    w.shows("a", {"e"}).add_attached("web", "a", default_slot).remembers("f");
    w.change("web").deleting();
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.slots(), "default=f sni=e");
    EXPECT_THAT(w.told, Contains("DefaultRestored web"));
}

TEST(plan_end, a_recorded_default_that_is_dead_or_unknown_does_not_go_back)
{
    for (const ref_state state : {ref_state::dead, ref_state::unknown})
    {
        world_builder w;
        w.shows("a", {"e"}).add_attached("web", "a", default_slot).remembers("f");
        w.change("web").deleting();
        w.refs["f"] = state;
        EXPECT_EQ(w.converge(), 0);
        EXPECT_EQ(w.slots(), "default=a sni=e");
        EXPECT_EQ(w.status("web"), "deleting LastCertificate [default a, was f]");
    }
}

TEST(plan_end, a_recorded_default_about_which_there_is_no_answer_is_waited_for)
{
    world_builder w;
    w.shows("a", {"e"}).add_attached("web", "a", default_slot).remembers("f");
    w.change("web").deleting();
    w.refs["f"] = ref_state::unanswered;
    EXPECT_EQ(w.finish().next, binding::requeue::retry);
    EXPECT_EQ(w.status("web"), "deleting Detaching [default a, was f]");
    w.refs["f"] = ref_state::readable;
    EXPECT_EQ(w.later(1s).converge(), 1);
    EXPECT_EQ(w.slots(), "default=f sni=e");
}

TEST(plan_end, a_recorded_default_is_looked_up_again_in_each_pass)
{
    world_builder w;
    w.shows("a", {"e"}).add_attached("web", "a", default_slot).remembers("f");
    w.change("web").deleting();
    w.put();
    w.refs["f"] = ref_state::dead;
    EXPECT_EQ(w.later(1s).converge(), 0);
    EXPECT_EQ(w.slots(), "default=a sni=e");
}

TEST(plan_end, what_another_binding_has_on_the_listener_does_not_make_a_binding_ready)
{
    world_builder w;
    w.shows("b", {"a"}).add_attached("old", "b", default_slot).remembers("f");
    w.change("old").deleting();
    w.add_attached("web", "a", binding::slot::sni);
    w.change("web").wants("b").wants_sni(false);
    w.certificates["b"] = failing(cloud::failure::not_found);
    w.refs["b"] = ref_state::dead;
    w.finish();
    w.later(5s);
    // The certificate is restored, and the binding edited, while the ledgers are written.
    w.write_fails = [&w](const std::string&) {
        w.certificates["b"] = active("b");
        w.change("web").wants("b").asked_again("now");
        w.write_fails = nullptr;
        return false;
    };
    w.run();
    EXPECT_EQ(w.status("web"), "pending Progressing [sni a]");
    w.refs["b"] = ref_state::readable;
    w.later(5min).converge();
    EXPECT_EQ(w.status("web"), "active Attached [default b, was f]");
}

TEST(plan_end, the_last_certificate_waits_and_its_message_has_three_ways_out)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.change("web").deleting();
    w.finish();
    EXPECT_EQ(w.status("web"), "deleting LastCertificate [default a]");
    EXPECT_THAT(
        w.message("web"),
        AllOf(
            HasSubstr("Bind another"),
            HasSubstr("delete the listener"),
            HasSubstr("Retain"),
            HasSubstr("certificates.bycloud.io/abandon")
        )
    );
    EXPECT_THAT(w.steps(), Not(Contains(HasSubstr("put"))));
}

TEST(plan_end, the_last_certificate_is_named_by_the_slot_that_it_is_in)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.change("web").sni().deleting();
    w.finish();
    EXPECT_EQ(w.status("web"), "deleting LastCertificate [default a]");
    EXPECT_THAT(w.message("web"), HasSubstr("without a default certificate"));
}

TEST(plan_end, the_last_certificate_goes_when_another_default_is_bound)
{
    for (const bool sni : {true, false})
    {
        world_builder w;
        w.shows("a").add_attached("web", "a", default_slot);
        w.change("web").deleting();
        w.finish();
        w.add("next", "b").object().spec.sni = sni;
        EXPECT_EQ(w.later(1s).converge(), 1);
        EXPECT_EQ(w.exists("web"), sni) << "Octavia serves no TLS without a default";
        EXPECT_EQ(w.slots(), sni ? "default=a sni=b" : "default=b sni=");
    }
}

TEST(plan_end, the_last_certificate_goes_when_the_listener_is_deleted)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.change("web").deleting();
    w.finish();
    w.listener = failing(failure::not_found);
    w.later(1s).finish();
    w.later(6s).finish();
    EXPECT_FALSE(w.exists("web"));
}

TEST(plan_end, the_last_certificate_goes_by_retain_or_the_annotation)
{
    for (const bool retain : {true, false})
    {
        world_builder w;
        w.shows("a").add_attached("web", "a", default_slot);
        w.change("web").deleting();
        w.finish();
        retain ? w.change("web").retain() : w.change("web").abandoned();
        w.later(1s).finish();
        EXPECT_FALSE(w.exists("web"));
        EXPECT_EQ(w.slots(), "default=a sni=");
    }
}

TEST(plan_end, the_last_certificate_is_read_again_by_itself)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.change("web").deleting();
    EXPECT_EQ(w.finish().next, requeue::slow);
    w.shows("e");  // another client puts a certificate there
    EXPECT_EQ(w.later(15s).converge(), 0);
    EXPECT_FALSE(w.exists("web"));
}

TEST(plan_end, of_several_deletions_all_are_done_but_the_defaults)
{
    world_builder w;
    w.shows("a", {"b", "c"}).add_attached("one", "b", sni_slot);
    w.add_attached("web", "a", default_slot);
    w.add_attached("two", "c", sni_slot);
    for (const std::string name : {"web", "one", "two"})
    {
        w.change(name).deleting();
    }
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.slots(), "default=a sni=");
    EXPECT_EQ(w.status("web"), "deleting LastCertificate [default a]");
    EXPECT_FALSE(w.exists("one"));
    EXPECT_FALSE(w.exists("two"));
}

TEST(plan_end, of_several_deletions_of_sni_refs_alone_the_oldest_stays)
{
    world_builder w;
    w.shows("", {"a", "b"}).add_attached("one", "a", sni_slot);
    w.add_attached("two", "b", sni_slot);
    w.change("one").deleting();
    w.change("two").deleting();
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.slots(), "default=null sni=a");
    EXPECT_EQ(w.status("one"), "deleting LastCertificate [sni a]");
    EXPECT_FALSE(w.exists("two"));
}

TEST(plan_end, of_two_deletions_that_hold_the_last_certificate_one_waits)
{
    world_builder w;
    w.shows("a").add_attached("one", "a", default_slot);
    w.add_attached("two", "a", default_slot);
    w.change("one").deleting();
    w.change("two").deleting();
    EXPECT_EQ(w.converge(), 0);
    ASSERT_NE(w.exists("one"), w.exists("two"));
    EXPECT_EQ(w.status(w.exists("one") ? "one" : "two"), "deleting LastCertificate [default a]");
}

TEST(plan_end, a_live_binding_is_no_way_out_while_it_is_not_attached)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.change("web").deleting();
    w.certificates["b"] = not_active("b");
    w.add("next", "b");
    w.converge();
    EXPECT_EQ(w.status("web"), "deleting LastCertificate [default a]");
    EXPECT_EQ(w.status("next"), "error CertificateNotActive []");
}

// ---- when to reconcile again ----

TEST(plan_end, unanswered_certificates_are_asked_with_backoff)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.certificates["a"] = failing(failure::transient);
    EXPECT_EQ(w.finish().next, requeue::retry);
}

TEST(plan_end, a_binding_that_cannot_be_written_is_tried_again)
{
    world_builder w;
    w.shows("a").add("web", "a");
    w.write_fails = [](const std::string&) { return true; };
    EXPECT_EQ(w.finish().next, requeue::retry);
}

TEST(plan_end, a_write_that_fails_does_not_keep_the_others_from_theirs)
{
    world_builder w;
    w.shows("a", {"b"}).add("web", "a");
    w.add("more", "b").sni();
    w.write_fails = [](const std::string& name) { return name == "web"; };
    w.finish();
    EXPECT_EQ(w.status("more"), "active Attached [sni b]");
}

TEST(plan_end, nothing_is_reported_twice)
{
    world_builder w;
    w.shows("f").add("web", "a");
    w.add("other", "b").sni();
    w.certificates["a"] = not_active("a");
    w.certificates["b"] = failing(failure::not_found);
    w.finish();
    w.clear_trace();
    for (int i = 0; i < 50; ++i)
    {
        w.later(1min).finish();
    }
    EXPECT_THAT(w.steps(), testing::Each(testing::StartsWith("end")));
}

}  // namespace
