#include "binding/slots/default_slot.hpp"

#include "binding/slots/slots_case.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace test;
using testing::ElementsAre;

// ---- never-without-default ----

TEST(default_slot, the_default_passes_to_the_next_binding_that_wants_it)
{
    slots_case c("a", {"e"});
    c.leaves("a", default_slot, "f");
    c.wants("b", default_slot);
    c.readable("f").readable("e");
    EXPECT_EQ(c.change(), "default=b");
    EXPECT_EQ(c.assigned().default_ref, binding::default_end::ours);
}

TEST(default_slot, the_oldest_heir_that_can_be_attached_inherits)
{
    slots_case c("a");
    c.leaves("a", default_slot);
    c.wants("b", default_slot).attachable = false;
    c.wants("c", default_slot);
    c.wants("d", default_slot);
    EXPECT_EQ(c.change(), "default=c");
}

TEST(default_slot, without_an_heir_the_remembered_default_goes_back)
{
    slots_case c("a", {"e"});
    c.leaves("a", default_slot, "f");
    c.readable("f").readable("e");
    EXPECT_EQ(c.change(), "default=f");
    EXPECT_EQ(c.assigned().default_ref, binding::default_end::restored);
    EXPECT_EQ(c.assigned().restored_ref, ref("f"));
}

TEST(default_slot, whether_the_remembered_default_can_be_read_is_asked_first)
{
    slots_case c("a", {"e"});
    c.leaves("a", default_slot, "f");
    EXPECT_THAT(c.asks(), testing::Contains("f"));
}

TEST(default_slot, the_remembered_default_is_asked_about_though_an_sni_ref_is_known_to_be_readable)
{
    slots_case c("a", {"e"});
    c.leaves("a", default_slot, "f");
    c.readable("e");
    EXPECT_THAT(c.asks(), ElementsAre("f"));
}

TEST(default_slot, the_remembered_default_is_asked_about_though_a_certificate_was_just_checked)
{
    slots_case c("a", {"b"});
    c.leaves("a", default_slot, "f");
    c.has("b", sni_slot);
    EXPECT_THAT(c.asks(), ElementsAre("f"));
}

TEST(default_slot, the_default_is_never_emptied_because_octavia_serves_no_tls_without_one)
{
    slots_case unreadable("a", {"e"});
    unreadable.leaves("a", default_slot, "f");
    unreadable.readable("f", false).readable("e");
    EXPECT_EQ(unreadable.change(), "");
    EXPECT_TRUE(unreadable.assigned().placements[0].kept_as_last);

    slots_case without_memory("a", {"d", "e"});
    without_memory.leaves("a", default_slot);
    EXPECT_EQ(without_memory.change(), "");
    EXPECT_TRUE(without_memory.assigned().placements[0].kept_as_last);
}

TEST(default_slot, a_last_certificate_goes_once_another_default_comes)
{
    slots_case c("a");
    c.leaves("a", default_slot);
    c.wants("b", default_slot);
    EXPECT_EQ(c.change(), "default=b");
    EXPECT_FALSE(c.assigned().placements[0].kept_as_last);

    slots_case sni("a");
    sni.leaves("a", default_slot);
    sni.wants("b", sni_slot);
    EXPECT_EQ(sni.change(), "sni=b");
    EXPECT_TRUE(sni.assigned().placements[0].kept_as_last);
}

TEST(default_slot, a_remembered_default_that_is_what_is_there_now_is_no_way_out)
{
    slots_case c("a");
    c.leaves("a", default_slot, "other:a");
    EXPECT_EQ(c.change(), "");
    EXPECT_TRUE(c.assigned().placements[0].kept_as_last);
}

TEST(default_slot, of_two_holders_of_the_default_the_one_with_a_memory_counts)
{
    slots_case c("a");
    c.leaves("a", default_slot);
    c.leaves("a", default_slot, "f");
    c.readable("f");
    EXPECT_EQ(c.change(), "default=f");
}

// ---- readable-before-write: a dead default ----

TEST(default_slot, a_dead_default_of_ours_passes_to_the_next_binding_that_wants_it)
{
    slots_case c("a");
    c.has("a", default_slot, "f").attachable = false;
    c.wants("b", default_slot);
    c.dead("a");
    EXPECT_EQ(c.change(), "default=b");
    EXPECT_TRUE(c.assigned().placements[1].wins);
}

TEST(default_slot, a_dead_default_of_ours_gives_way_to_the_remembered_one)
{
    slots_case c("a");
    c.has("a", default_slot, "f").attachable = false;
    c.dead("a").readable("f");
    EXPECT_EQ(c.change(), "default=f");
}

TEST(default_slot, a_dead_default_of_ours_stays_if_it_is_the_last)
{
    slots_case c("a");
    c.has("a", default_slot).attachable = false;
    c.dead("a");
    EXPECT_EQ(c.change(), "");
}

// ---- own-credential ----

TEST(default_slot, a_default_that_goes_waits_for_an_heir_of_another_credential)
{
    slots_case c("a");
    c.leaves("a", default_slot, "f");
    binding::slot_request& heir = of_peer(c.wants("b", default_slot));
    EXPECT_EQ(c.change(), "");
    EXPECT_FALSE(c.assigned().placements[0].kept_as_last);
    heir.attachable = false;  // Octavia refused its certificate, or the certificate came too late
    c.readable("f");
    EXPECT_EQ(c.change(), "default=f");
}

}  // namespace
