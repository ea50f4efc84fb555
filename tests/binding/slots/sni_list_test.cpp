#include "binding/slots/sni_list.hpp"

#include "binding/slots/slots_case.hpp"
#include "fakes/cloud/spelled.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

// ---- ownership ----

TEST(sni_list, foreign_refs_stay_byte_for_byte)
{
    slots_case c("f");
    const std::string shouted = "http://KMS:9311/v1/containers/EEEEEEEE-0000-4000-8000-000000000000/";
    c.input.now.sni_refs = {cloud::container_ref(shouted), cloud::container_ref("odd text")};
    c.wants("a", sni_slot);
    EXPECT_THAT(
        spelled(c.assigned().after.sni_refs), UnorderedElementsAre(shouted, "odd text", ref("a").str())
    );
}

TEST(sni_list, a_deletion_takes_its_entries_away_and_nothing_else)
{
    slots_case c("f", {"a", "b", "e"});
    c.leaves("a", sni_slot);
    c.has("b", sni_slot);
    EXPECT_EQ(c.change(), "sni=b,e");
    EXPECT_THAT(names_of(c.assigned().placements[0].removed), ElementsAre("sni a"));
}

TEST(sni_list, a_deletion_without_an_entry_takes_nothing_away)
{
    slots_case c("f", {"a"});
    c.leaves("a", sni_slot).held.attachments.clear();
    EXPECT_EQ(c.change(), "");
}

TEST(sni_list, a_detach_removes_every_spelling_in_its_slot_alone)
{
    slots_case c("other:a", {"a", "other:a", "e"});
    c.leaves("a", sni_slot);
    EXPECT_EQ(c.after(), "default=other:a sni=e");
}

// ---- readable-before-write ----

TEST(sni_list, what_may_not_be_attached_is_not_added)
{
    slots_case c("f");
    c.wants("a", sni_slot).attachable = false;
    c.wants("b", default_slot).attachable = false;
    EXPECT_EQ(c.change(), "");
    EXPECT_FALSE(c.assigned().placements[0].wins);
}

TEST(sni_list, a_dead_ref_of_ours_is_left_out)
{
    slots_case c("f", {"a", "e"});
    c.has("a", sni_slot).attachable = false;
    c.wants("b", sni_slot);
    c.dead("a");
    EXPECT_EQ(c.change(), "sni=b,e");
    EXPECT_THAT(names_of(c.assigned().placements[0].removed), ElementsAre("sni a"));
}

// ---- own-credential ----

TEST(sni_list, what_another_credential_wants_is_not_placed_by_this_one)
{
    slots_case c("f");
    of_peer(c.wants("a", default_slot));
    of_peer(c.wants("b", sni_slot));
    EXPECT_EQ(c.change(), "");
    EXPECT_FALSE(c.assigned().placements[0].placed);
}

TEST(sni_list, a_ref_passes_to_a_duplicate_of_another_credential_without_a_change)
{
    slots_case sni("f", {"a"});
    sni.leaves("a", sni_slot);
    of_peer(sni.wants("a", sni_slot));
    EXPECT_EQ(sni.change(), "");
    slots_case default_("a");
    default_.leaves("a", default_slot, "f");
    of_peer(default_.wants("a", default_slot));
    EXPECT_EQ(default_.change(), "");
}

TEST(sni_list, of_two_credentials_whose_bindings_leave_the_same_ref_one_takes_it_off)
{
    slots_case older("f", {"a", "e"});
    older.leaves("a", sni_slot);
    of_peer(older.leaves("a", sni_slot));
    EXPECT_EQ(older.change(), "sni=e");
    slots_case younger("f", {"a", "e"});
    younger.leaves("a", sni_slot);
    of_peer(younger.leaves("a", sni_slot));
    younger.objects[0].created += std::chrono::seconds(2);
    EXPECT_EQ(younger.change(), "");
}

}  // namespace
