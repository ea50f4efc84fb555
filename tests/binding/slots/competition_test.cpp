#include "binding/slots/competition.hpp"

#include "binding/slots/slots_case.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

// ---- oldest-wins ----

TEST(competition, of_two_that_want_the_default_the_older_wins_even_over_an_attached_one)
{
    slots_case c("b");
    c.wants("a", default_slot);
    c.has("b", default_slot, "f");
    const auto assigned = c.assigned();
    EXPECT_EQ(c.change(), "default=a");
    EXPECT_TRUE(assigned.placements[0].wins);
    EXPECT_EQ(assigned.placements[1].winner, c.input.requests[0].object);
    EXPECT_THAT(names_of(assigned.placements[1].removed), ElementsAre("default b"));
}

TEST(competition, of_two_that_want_the_same_certificate_in_the_same_slot_the_older_wins)
{
    slots_case c("f", {"a"});
    c.wants("a", sni_slot);
    c.has("a", sni_slot);
    EXPECT_EQ(c.change(), "");
    EXPECT_TRUE(c.assigned().placements[0].wins);
    EXPECT_EQ(c.assigned().placements[1].winner, c.input.requests[0].object);
}

TEST(competition, the_same_certificate_in_two_slots_is_no_conflict)
{
    slots_case c("f");
    c.wants("a", sni_slot);
    c.wants("a", default_slot);
    EXPECT_EQ(c.after(), "default=a sni=a");
    EXPECT_TRUE(c.assigned().placements[1].wins);
}

TEST(competition, an_older_one_that_cannot_be_attached_takes_no_part)
{
    slots_case c("b");
    c.wants("a", default_slot).attachable = false;
    c.has("b", default_slot);
    EXPECT_EQ(c.change(), "");
    EXPECT_TRUE(c.assigned().placements[1].wins);
    EXPECT_EQ(c.assigned().placements[0].winner, nullptr);
}

TEST(competition, an_attached_one_takes_part_whatever_its_certificate_has_become)
{
    slots_case c("a");
    c.has("a", default_slot).attachable = false;
    c.wants("b", default_slot);
    EXPECT_EQ(c.change(), "");
    EXPECT_EQ(c.assigned().placements[1].winner, c.input.requests[0].object);
}

TEST(competition, a_deletion_takes_no_part)
{
    slots_case c("f", {"a"});
    c.leaves("a", sni_slot);
    c.wants("a", sni_slot);
    EXPECT_EQ(c.change(), "") << "the ref passes without a PUT";
    EXPECT_TRUE(c.assigned().placements[1].wins);
    EXPECT_THAT(names_of(c.assigned().placements[0].kept), ElementsAre("sni a"));
}

TEST(competition, a_rotation_that_waits_keeps_its_place_in_the_default_slot)
{
    slots_case c("a");
    binding::slot_request& older = c.wants("b", default_slot);
    slots_case::hold(older, "a", default_slot);
    older.attachable = false;
    c.wants("c", default_slot);
    EXPECT_EQ(c.change(), "");
    EXPECT_EQ(c.assigned().placements[1].winner, c.input.requests[0].object);
}

// ---- oldest-wins: of two bindings of the same second the one that holds the slot wins ----

TEST(competition, of_two_of_the_same_second_the_smaller_uid_wins_if_neither_holds_the_slot)
{
    slots_case c("f");
    c.wants("b", default_slot);
    c.wants("a", default_slot);
    EXPECT_EQ(c.of_one_second().change(), "default=a");
    EXPECT_EQ(c.winner_over(0), c.input.requests[1].object);
}

TEST(competition, of_two_of_the_same_second_the_one_with_the_default_keeps_it)
{
    for (const bool confirmed : {true, false})
    {
        slots_case c("b");
        c.has("b", default_slot, "f").held.attachments.front().confirmed = confirmed;
        c.wants("a", default_slot);
        EXPECT_EQ(c.of_one_second().change(), "");
        EXPECT_EQ(c.winner_over(1), c.input.requests[0].object);
    }
}

TEST(competition, of_two_of_the_same_second_the_one_with_the_sni_ref_keeps_it)
{
    slots_case c("f", {"a"});
    c.has("a", sni_slot);
    c.wants("a", sni_slot);
    EXPECT_EQ(c.of_one_second().winner_over(1), c.input.requests[0].object);
}

TEST(competition, of_two_of_the_same_second_the_one_that_rotates_keeps_the_default)
{
    for (const bool attachable : {true, false})
    {
        slots_case c("b");
        binding::slot_request& rotating = c.wants("c", default_slot);
        slots_case::hold(rotating, "b", default_slot);
        rotating.attachable = attachable;
        c.wants("a", default_slot);
        EXPECT_EQ(c.of_one_second().change(), attachable ? "default=c" : "");
        EXPECT_EQ(c.winner_over(1), c.input.requests[0].object);
    }
}

TEST(competition, of_two_of_the_same_second_the_one_with_an_entry_repairs_what_somebody_else_replaced)
{
    slots_case c("e");
    c.has("b", default_slot, "f");
    c.wants("a", default_slot);
    EXPECT_EQ(c.of_one_second().change(), "default=b");
    slots_case sni("f");
    sni.has("a", sni_slot);
    sni.wants("a", sni_slot);
    EXPECT_EQ(sni.of_one_second().winner_over(1), sni.input.requests[0].object);
}

// A PUT of each binding was on its way, through two credentials.
TEST(competition, of_two_of_the_same_second_with_entries_the_one_that_is_there_keeps_the_default)
{
    slots_case c("b");
    c.has("b", default_slot, "f");
    c.has("a", default_slot);
    EXPECT_EQ(c.of_one_second().change(), "");
    EXPECT_EQ(c.winner_over(1), c.input.requests[0].object);
    slots_case neither("f");
    neither.has("b", default_slot, "f");
    neither.has("a", default_slot, "f");
    EXPECT_EQ(neither.of_one_second().change(), "default=a");
}

TEST(competition, what_is_held_does_not_keep_the_default_from_an_older_binding)
{
    slots_case c("b");
    c.has("b", default_slot, "f");
    c.wants("a", default_slot);
    c.of_one_second().objects[0].created += std::chrono::seconds(1);
    EXPECT_EQ(c.change(), "default=a");
}

TEST(competition, of_the_same_second_an_entry_in_the_other_slot_holds_nothing)
{
    slots_case c("f", {"b"});
    slots_case::hold(c.wants("b", default_slot), "b", sni_slot);
    c.wants("a", default_slot);
    EXPECT_EQ(c.of_one_second().change(), "default=a");
}

// ---- ownership: adoption ----

TEST(competition, what_is_there_is_adopted_whatever_the_state_of_the_certificate)
{
    slots_case c("f", {"a"});
    c.wants("a", sni_slot).attachable = false;
    EXPECT_TRUE(c.assigned().placements[0].placed);
    EXPECT_EQ(c.change(), "");
}

TEST(competition, what_is_there_by_another_host_name_is_there_and_keeps_its_spelling)
{
    slots_case c("other:a", {"other:b"});
    c.wants("a", default_slot);
    c.wants("b", sni_slot);
    EXPECT_EQ(c.change(), "");
    EXPECT_EQ(c.after(), "default=other:a sni=other:b");
    EXPECT_TRUE(c.assigned().placements[0].present);
}

TEST(competition, a_secret_is_not_the_container_of_the_same_id)
{
    slots_case c("f");
    c.input.now.sni_refs = {cloud::container_ref("http://kms/v1/secrets/aaaaaaaa-0000-4000-8000-000000000000")
    };
    c.wants("a", sni_slot);
    EXPECT_FALSE(c.assigned().placements[0].present);
    EXPECT_EQ(c.assigned().after.sni_refs.size(), 2U);
}

// ---- own-credential: one winner for all targets of a listener ----

TEST(competition, an_older_binding_of_another_credential_wins_the_default_and_places_it_itself)
{
    slots_case c("b");
    of_peer(c.wants("a", default_slot));
    c.has("b", default_slot, "f");
    EXPECT_EQ(c.change(), "") << "ours stays until the other's target has replaced it";
    EXPECT_EQ(c.assigned().placements[1].winner, c.input.requests[0].object);
}

TEST(competition, an_older_binding_replaces_the_default_of_another_credential)
{
    slots_case c("b");
    c.wants("a", default_slot);
    of_peer(c.has("b", default_slot, "f"));
    EXPECT_EQ(c.change(), "default=a");
    EXPECT_THAT(c.assigned().placements[1].removed, IsEmpty())
        << "its own target says what becomes of its entries";
}

TEST(competition, of_two_credentials_both_see_the_same_winner_of_one_second)
{
    for (const bool ours_is_first : {true, false})
    {
        for (const bool first_is_there : {true, false})
        {
            slots_case c(first_is_there ? "b" : "f");
            binding::slot_request& first =
                first_is_there ? c.has("b", default_slot) : c.wants("b", default_slot);
            first.of_peer = !ours_is_first;
            c.wants("a", default_slot).of_peer = ours_is_first;
            const std::size_t loser = first_is_there ? 1 : 0;
            EXPECT_EQ(c.of_one_second().winner_over(loser), c.input.requests[1 - loser].object);
            EXPECT_EQ(c.change(), first_is_there || ours_is_first ? "" : "default=a");
        }
    }
}

TEST(competition, a_duplicate_of_another_credential_is_a_conflict_and_no_adoption)
{
    slots_case c("f", {"a"});
    of_peer(c.has("a", sni_slot));
    c.wants("a", sni_slot);
    EXPECT_EQ(c.assigned().placements[1].winner, c.input.requests[0].object);
    EXPECT_EQ(c.change(), "");
}

TEST(competition, another_credential_without_an_entry_and_without_a_right_to_attach_takes_no_part)
{
    slots_case c("f", {"a"});
    of_peer(c.wants("a", sni_slot)).attachable = false;
    c.has("a", sni_slot);
    EXPECT_EQ(c.assigned().placements[1].winner, nullptr);
    EXPECT_TRUE(c.assigned().placements[1].wins);
}

}  // namespace
