#include "binding/slots/assignment.hpp"

#include "binding/slots/slots_case.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

// ---- narrow-writes ----

TEST(assignment, what_is_wanted_is_added_beside_what_is_there)
{
    slots_case c("f", {"e"});
    c.wants("a", sni_slot);
    EXPECT_EQ(c.after(), "default=f sni=a,e");
}

TEST(assignment, a_change_carries_only_the_key_that_differs)
{
    slots_case sni("f", {"e"});
    sni.wants("a", sni_slot);
    EXPECT_EQ(sni.change(), "sni=a,e");
    slots_case default_("f", {"e"});
    default_.wants("a", default_slot);
    EXPECT_EQ(default_.change(), "default=a");
}

TEST(assignment, a_change_of_both_keys_carries_both)
{
    slots_case c("f", {"e"});
    c.wants("a", default_slot);
    c.wants("b", sni_slot);
    EXPECT_EQ(c.change(), "default=a sni=b,e");
}

TEST(assignment, what_is_there_already_is_no_change)
{
    slots_case c("a", {"b", "e"});
    c.has("a", default_slot);
    c.has("b", sni_slot);
    EXPECT_EQ(c.change(), "");
}

// ---- ownership: which refs are foreign ----

TEST(assignment, foreign_is_what_no_ledger_holds_in_that_slot)
{
    slots_case c("a", {"a", "e"});
    c.has("a", sni_slot);
    EXPECT_TRUE(c.input.is_ours(ref("a"), sni_slot));
    EXPECT_FALSE(c.input.is_ours(ref("a"), default_slot));
    EXPECT_FALSE(c.input.is_ours(ref("e"), sni_slot));
}

TEST(assignment, a_retained_certificate_stays_and_is_nobodys)
{
    slots_case c("a", {"b"});
    c.leaves("a", default_slot).left_in_place = true;
    c.leaves("b", sni_slot).left_in_place = true;
    for (auto& request : c.input.requests)
    {
        request.leaving = false;
    }
    EXPECT_EQ(c.change(), "");
}

TEST(assignment, what_another_credential_holds_stays_and_is_not_foreign)
{
    slots_case c("a", {"b", "e"});
    of_peer(c.leaves("a", default_slot, "f"));
    of_peer(c.leaves("b", sni_slot));
    c.wants("c", sni_slot);
    EXPECT_EQ(c.change(), "sni=b,c,e");
    EXPECT_THAT(c.assigned().placements[0].removed, IsEmpty());
}

// ---- never-without-default: the last certificate ----

TEST(assignment, an_sni_ref_that_goes_in_the_same_put_does_not_remain)
{
    slots_case c("a", {"b"});
    c.leaves("a", default_slot);
    c.leaves("b", sni_slot);
    c.readable("b");
    EXPECT_EQ(c.after(), "default=a sni=");
    EXPECT_TRUE(c.assigned().placements[0].kept_as_last);
    EXPECT_FALSE(c.assigned().placements[1].kept_as_last);
}

TEST(assignment, with_nothing_readable_left_the_last_certificate_stays)
{
    slots_case alone("a");
    alone.leaves("a", default_slot);
    EXPECT_EQ(alone.change(), "");
    EXPECT_TRUE(alone.assigned().placements[0].kept_as_last);

    slots_case unreadable("a", {"e"});
    unreadable.leaves("a", default_slot, "f");
    unreadable.readable("f", false).readable("e", false);
    EXPECT_EQ(unreadable.change(), "");
    EXPECT_TRUE(unreadable.assigned().placements[0].kept_as_last);
}

TEST(assignment, of_several_deletions_on_a_listener_of_sni_refs_alone_the_oldest_stays)
{
    slots_case c("", {"a", "b", "c"});
    c.leaves("b", sni_slot);
    c.leaves("a", sni_slot);
    c.leaves("c", sni_slot);
    EXPECT_EQ(c.after(), "default=null sni=b");
    EXPECT_TRUE(c.assigned().placements[0].kept_as_last);
    EXPECT_FALSE(c.assigned().placements[1].kept_as_last);
}

TEST(assignment, of_several_deletions_a_dead_one_is_not_what_stays)
{
    slots_case c("", {"a", "b"});
    c.leaves("a", sni_slot);
    c.leaves("b", sni_slot);
    c.dead("a");
    EXPECT_EQ(c.after(), "default=null sni=b");
    EXPECT_FALSE(c.assigned().placements[0].kept_as_last);
    EXPECT_TRUE(c.assigned().placements[1].kept_as_last);
}

TEST(assignment, a_listener_that_is_empty_already_stays_empty)
{
    slots_case c("");
    c.leaves("a", sni_slot);
    EXPECT_EQ(c.change(), "");
    EXPECT_FALSE(c.assigned().placements[0].kept_as_last);
}

// ---- gapless-rotation ----

TEST(assignment, a_rotation_swaps_in_one_change)
{
    slots_case c("f", {"a", "e"});
    slots_case::hold(c.wants("b", sni_slot), "a", sni_slot);
    EXPECT_EQ(c.change(), "sni=b,e");
    EXPECT_THAT(names_of(c.assigned().placements[0].removed), ElementsAre("sni a"));
}

TEST(assignment, a_rotation_of_the_default_swaps_in_one_change)
{
    slots_case c("a");
    slots_case::hold(c.wants("b", default_slot), "a", default_slot);
    EXPECT_EQ(c.change(), "default=b");
}

TEST(assignment, until_the_new_one_can_be_attached_the_old_one_stays)
{
    slots_case c("a", {"b"});
    binding::slot_request& first = c.wants("c", default_slot);
    slots_case::hold(first, "a", default_slot);
    first.attachable = false;
    binding::slot_request& second = c.wants("d", sni_slot);
    slots_case::hold(second, "b", sni_slot);
    c.input.requests[1].ref.reset();
    c.input.requests[1].attachable = false;
    EXPECT_EQ(c.change(), "");
    EXPECT_THAT(names_of(c.assigned().placements[0].kept), ElementsAre("default a"));
    EXPECT_THAT(names_of(c.assigned().placements[1].kept), ElementsAre("sni b"));
}

TEST(assignment, a_move_from_default_to_sni_is_one_change)
{
    slots_case c("a", {"e"});
    binding::slot_request& moving = c.wants("a", sni_slot);
    slots_case::hold(moving, "a", default_slot);
    moving.held.replaced_default_ref = ref("f");
    c.readable("f");
    EXPECT_EQ(c.change(), "default=f sni=a,e");
}

TEST(assignment, a_move_from_default_to_sni_without_a_memory_leaves_it_in_both)
{
    slots_case c("a");
    slots_case::hold(c.wants("a", sni_slot), "a", default_slot);
    EXPECT_EQ(c.change(), "sni=a");
    EXPECT_THAT(c.assigned().placements[0].kept, testing::SizeIs(1));
}

TEST(assignment, a_move_from_sni_to_default_is_one_change)
{
    slots_case c("f", {"a", "e"});
    slots_case::hold(c.wants("a", default_slot), "a", sni_slot);
    EXPECT_EQ(c.change(), "default=a sni=e");
}

TEST(assignment, a_move_that_cannot_be_done_yet_changes_nothing)
{
    slots_case c("a", {"e"});
    binding::slot_request& moving = c.wants("a", sni_slot);
    slots_case::hold(moving, "a", default_slot);
    moving.attachable = false;
    EXPECT_EQ(c.change(), "");
}

TEST(assignment, a_move_that_loses_a_conflict_leaves_it_where_it_is)
{
    slots_case c("a", {"b"});
    c.has("a", default_slot);
    slots_case::hold(c.wants("b", default_slot), "b", sni_slot);
    EXPECT_EQ(c.change(), "");
    EXPECT_THAT(names_of(c.assigned().placements[1].kept), ElementsAre("sni b"));
}

}  // namespace
