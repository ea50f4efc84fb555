// gapless-rotation, and changes of slot.
#include "binding/plan/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using binding::condition_status;
using binding::condition_type;
using binding::requeue;
using cloud::failure;
using cloud::ref_state;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(plan_rotation, a_rotation_is_one_put_and_ends_with_the_new_entry_alone)
{
    world_builder w;
    w.shows("a", {"b"}).add_attached("web", "a", default_slot).remembers("f");
    w.add_attached("more", "b", sni_slot);
    w.change("web").wants("c");
    w.change("more").wants("d");
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.slots(), "default=c sni=d");
    EXPECT_EQ(w.status("web"), "active Attached [default c, was f]");
    EXPECT_EQ(w.status("more"), "active Attached [sni d]");
}

TEST(plan_rotation, a_rotation_to_a_bad_certificate_keeps_the_old_one_and_names_both)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.certificates["b"] = not_active("b");
    w.change("web").wants("b");
    EXPECT_EQ(w.converge(), 0);
    EXPECT_EQ(w.status("web"), "error CertificateNotActive [sni a]");
    EXPECT_THAT(
        w.message("web"), AllOf(HasSubstr(certificate_id("a").str()), HasSubstr(certificate_id("b").str()))
    );
    const auto& status = w.object("web").status;
    EXPECT_EQ(status[condition_type::ready].status, condition_status::false_);
    w.certificates.clear();
    EXPECT_EQ(w.later(5min).converge(), 1);
    EXPECT_EQ(w.slots(), "default=f sni=b");
}

TEST(plan_rotation, a_rotation_that_is_refused_keeps_the_old_one)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot).remembers("f");
    w.change("web").wants("b");
    w.fail(w.put(), {failure::refused, "no", {}, {}});
    w.finish();
    EXPECT_EQ(w.status("web"), "error CertificateRefused [default a, was f]");
    EXPECT_THAT(w.message("web"), HasSubstr(certificate_id("a").str()));
}

TEST(plan_rotation, a_rotation_to_what_is_there_already_is_not_ready_before_the_old_one_is_gone)
{
    world_builder w;
    w.shows("f", {"a", "b"}).add_attached("web", "a", sni_slot);
    w.change("web").wants("b");
    EXPECT_EQ(text(w.put()), "put sni=b");
    EXPECT_EQ(w.status("web"), "pending Progressing [sni a?, sni b]");
    w.turn = binding::turn_state::taken;
    w.later(1s).finish();
    EXPECT_EQ(w.status("web"), "pending Progressing [sni a?, sni b]");
}

TEST(plan_rotation, there_and_back_before_the_put_changes_nothing)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.change("web").wants("b");
    w.put();
    w.change("web").wants("a");
    EXPECT_EQ(w.later(1s).converge(), 0);
    EXPECT_EQ(w.status("web"), "active Attached [sni a]");
}

TEST(plan_rotation, there_and_back_after_an_ambiguous_put_ends_with_the_first_alone)
{
    for (const bool takes_effect : {true, false})
    {
        world_builder w;
        w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
        w.change("web").wants("b");
        w.cut(w.put(), takes_effect);
        w.settle();
        w.change("web").wants("a");
        w.later(1s).converge();
        EXPECT_EQ(w.slots(), "default=f sni=a");
        EXPECT_EQ(w.status("web"), "active Attached [sni a]");
    }
}

TEST(plan_rotation, a_second_rotation_before_the_first_is_done_leaves_no_entry_behind)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot).remembers("f");
    w.change("web").wants("b");
    w.cut(w.put(), true);
    w.change("web").wants("c");
    w.settle();
    w.later(1s).converge();
    EXPECT_EQ(w.slots(), "default=c sni=");
    EXPECT_EQ(w.status("web"), "active Attached [default c, was f]");
}

TEST(plan_rotation, default_to_sni_and_back_is_one_put_each)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot).remembers("f");
    w.change("web").wants_sni(true);
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.slots(), "default=f sni=a");
    EXPECT_EQ(w.status("web"), "active Attached [sni a]");
    w.change("web").wants_sni(false);
    EXPECT_EQ(w.later(1s).converge(), 1);
    EXPECT_EQ(w.slots(), "default=a sni=");
    EXPECT_EQ(w.status("web"), "active Attached [default a, was f]");
}

TEST(plan_rotation, default_to_sni_without_a_recorded_default_leaves_it_in_both_until_another_default_comes)
{
    world_builder w;
    w.shows("a").add_attached("web", "a", default_slot);
    w.change("web").wants_sni(true);
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.slots(), "default=a sni=a");
    EXPECT_EQ(w.status("web"), "active Attached [default a, sni a]");
    w.add("next", "b");
    EXPECT_EQ(w.later(1s).converge(), 1);
    EXPECT_EQ(w.slots(), "default=b sni=a");
    EXPECT_EQ(w.status("web"), "active Attached [sni a]");
}

TEST(plan_rotation, two_bindings_swap_their_slots_in_one_put)
{
    world_builder w;
    w.shows("a", {"b"}).add_attached("one", "a", default_slot).remembers("f");
    w.add_attached("two", "b", sni_slot);
    w.change("one").wants_sni(true);
    w.change("two").wants_sni(false);
    EXPECT_EQ(w.converge(), 1);
    EXPECT_EQ(w.slots(), "default=b sni=a");
    EXPECT_EQ(w.status("one"), "active Attached [sni a]");
    EXPECT_EQ(w.status("two"), "active Attached [default b, was f]");
}

TEST(plan_rotation, two_bindings_swap_their_certificates_without_a_put)
{
    world_builder w;
    w.shows("f", {"a", "b"}).add_attached("one", "a", sni_slot);
    w.add_attached("two", "b", sni_slot);
    w.change("one").wants("b");
    w.change("two").wants("a");
    EXPECT_EQ(w.converge(), 0);
    EXPECT_EQ(w.status("one"), "active Attached [sni b]");
    EXPECT_EQ(w.status("two"), "active Attached [sni a]");
}

TEST(plan_rotation, the_old_one_of_a_rotation_that_waits_stays_though_another_binding_had_it_and_leaves)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.certificates["b"] = not_active("b");
    w.change("web").wants("b");
    w.add("other", "a").sni();
    w.finish();
    EXPECT_EQ(w.status("other"), "active Attached [sni a]");
    w.change("other").deleting();
    EXPECT_EQ(w.later(1s).converge(), 0) << "web still needs it";
    EXPECT_EQ(w.status("other"), "gone");
    EXPECT_EQ(w.slots(), "default=f sni=a");
    w.certificates.clear();
    EXPECT_EQ(w.later(5min).converge(), 1);
    EXPECT_EQ(w.slots(), "default=f sni=b");
    EXPECT_EQ(w.status("web"), "active Attached [sni b]");
}

}  // namespace
