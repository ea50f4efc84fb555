#include "binding/slots/assignment.hpp"

#include "binding/plan/plan_fixture.hpp"
#include "fakes/cloud/spelled.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// A listener, claims of bindings on it (oldest first), and what becomes of both. Certificates are letters.
struct slots_case
{
    explicit slots_case(const std::string& default_ref, const std::vector<std::string>& sni = {})
    {
        input.now.default_ref = default_ref.empty() ? std::nullopt : std::optional(ref(default_ref));
        input.now.sni_refs = refs(sni);
    }

    // A live claim whose certificate may be attached, of a binding younger than those before.
    binding::slot_request& wants(const std::string& certificate, slot where)
    {
        binding::certificate_binding& object = objects.emplace_back();
        object.created += std::chrono::seconds(objects.size());
        object.name = certificate;
        object.spec.sni = where == sni_slot;
        object.spec.certificate_id = certificate_id(certificate);
        input.requests.push_back({&object, {}, ref(certificate), true, false, false});
        return input.requests.back();
    }

    // The same, with an entry for it in the ledger.
    binding::slot_request& has(const std::string& certificate, slot where, const std::string& remembered = "")
    {
        binding::slot_request& made = wants(certificate, where);
        hold(made, certificate, where);
        if (!remembered.empty())
        {
            made.held.replaced_default_ref = ref(remembered);
        }
        return made;
    }

    // A deletion with an entry.
    binding::slot_request& leaves(
        const std::string& certificate, slot where, const std::string& remembered = ""
    )
    {
        binding::slot_request& made = has(certificate, where, remembered);
        made.leaving = true;
        made.ref.reset();
        made.attachable = false;
        return made;
    }

    static void hold(binding::slot_request& which, const std::string& certificate, slot where)
    {
        which.held.attachments.push_back({ref(certificate), where, true});
    }

    // All bindings were created in the same second, and each has a smaller uid than those before.
    slots_case& of_one_second()
    {
        for (std::size_t i = 0; i < objects.size(); ++i)
        {
            const std::string digit = std::to_string(9 - i);
            objects[i].created = support::wall_time{};
            objects[i].uid = *support::uuid::parse("00000000-0000-4000-8000-00000000000" + digit);
        }
        return *this;
    }

    // The claim that wins over all others of its slot.
    const binding::certificate_binding* winner_over(std::size_t loser) const
    {
        return settled().placements[loser].winner;
    }

    slots_case& readable(const std::string& certificate, bool value = true)
    {
        input.readable[ref(certificate)] = value;
        return *this;
    }

    slots_case& dead(const std::string& certificate)
    {
        input.dead.insert(ref(certificate));
        return *this;
    }

    binding::assignment settled() const
    {
        auto outcome = assign_slots(input);
        if (auto* unknown = std::get_if<binding::unread_refs>(&outcome))
        {
            ADD_FAILURE() << "asks for " << testing::PrintToString(unknown->refs);
            return {};
        }
        return std::get<binding::assignment>(std::move(outcome));
    }

    // "default=a sni=b,c", and what of it a PUT would carry.
    std::string after() const { return text(settled().after); }
    std::string change() const
    {
        const auto made = settled().change;
        std::string line = made.default_ref ? "default=" + name(*made.default_ref) : "";
        if (made.sni_refs)
        {
            line += (line.empty() ? "sni=" : " sni=") + names(*made.sni_refs);
        }
        return line;
    }

    std::vector<std::string> asks() const
    {
        const auto outcome = assign_slots(input);
        const auto* unknown = std::get_if<binding::unread_refs>(&outcome);
        std::vector<std::string> made;
        for (const auto& each : unknown != nullptr ? unknown->refs : std::vector<cloud::container_ref>())
        {
            made.push_back(name_of_ref(each));
        }
        return made;
    }

    static std::string name(const std::optional<cloud::container_ref>& which)
    {
        return which ? name_of_ref(*which) : "null";
    }

    static std::string names(const std::vector<cloud::container_ref>& which)
    {
        std::string line;
        for (const cloud::container_ref& each : which)
        {
            line += (line.empty() ? "" : ",") + name_of_ref(each);
        }
        return line;
    }

    static std::string text(const binding::listener_slots& slots)
    {
        return "default=" + name(slots.default_ref) + " sni=" + names(slots.sni_refs);
    }

    static std::vector<std::string> entries(const std::vector<binding::attachment>& some)
    {
        std::vector<std::string> made;
        for (const binding::attachment& each : some)
        {
            made.push_back(std::string(name_of(each.slot)) + " " + name_of_ref(each.container_ref));
        }
        return made;
    }

    binding::assignment_input input;
    std::deque<binding::certificate_binding> objects;
};

// ---- rule 1: narrow ----

TEST(slots, what_is_wanted_is_added_beside_what_is_there)
{
    slots_case c("f", {"e"});
    c.wants("a", sni_slot);
    EXPECT_EQ(c.after(), "default=f sni=a,e");
}

TEST(slots, a_change_carries_only_the_key_that_differs)
{
    slots_case sni("f", {"e"});
    sni.wants("a", sni_slot);
    EXPECT_EQ(sni.change(), "sni=a,e");
    slots_case default_("f", {"e"});
    default_.wants("a", default_slot);
    EXPECT_EQ(default_.change(), "default=a");
}

TEST(slots, a_change_of_both_keys_carries_both)
{
    slots_case c("f", {"e"});
    c.wants("a", default_slot);
    c.wants("b", sni_slot);
    EXPECT_EQ(c.change(), "default=a sni=b,e");
}

TEST(slots, what_is_there_already_is_no_change)
{
    slots_case c("a", {"b", "e"});
    c.has("a", default_slot);
    c.has("b", sni_slot);
    EXPECT_EQ(c.change(), "");
}

TEST(slots, sets_are_compared_without_order_and_spelling)
{
    EXPECT_TRUE(
        binding::same_slots({ref("a"), refs({"b", "e"})}, {ref("other:a"), refs({"e", "other:b", "b"})})
    );
    EXPECT_FALSE(binding::same_slots({ref("a"), refs({"b"})}, {ref("a"), {}}));
    EXPECT_FALSE(binding::same_slots({ref("a"), {}}, {std::nullopt, {}}));
    EXPECT_FALSE(binding::same_slots({ref("a"), {}}, {ref("b"), {}}));
}

// ---- rule 2: ownership ----

TEST(slots, foreign_refs_stay_byte_for_byte)
{
    slots_case c("f");
    const std::string shouted = "http://KMS:9311/v1/containers/EEEEEEEE-0000-4000-8000-000000000000/";
    c.input.now.sni_refs = {cloud::container_ref(shouted), cloud::container_ref("odd text")};
    c.wants("a", sni_slot);
    EXPECT_THAT(
        spelled(c.settled().after.sni_refs), UnorderedElementsAre(shouted, "odd text", ref("a").str())
    );
}

TEST(slots, foreign_is_what_no_ledger_holds_in_that_slot)
{
    slots_case c("a", {"a", "e"});
    c.has("a", sni_slot);
    EXPECT_THAT(c.settled().foreign, UnorderedElementsAre(ref("a"), ref("e"))) << "the default a is not ours";
}

TEST(slots, a_deletion_takes_its_entries_away_and_nothing_else)
{
    slots_case c("f", {"a", "b", "e"});
    c.leaves("a", sni_slot);
    c.has("b", sni_slot);
    EXPECT_EQ(c.change(), "sni=b,e");
    EXPECT_THAT(slots_case::entries(c.settled().placements[0].removed), ElementsAre("sni a"));
}

TEST(slots, a_deletion_without_an_entry_takes_nothing_away)
{
    slots_case c("f", {"a"});
    c.leaves("a", sni_slot).held.attachments.clear();
    EXPECT_EQ(c.change(), "");
}

TEST(slots, a_detach_removes_every_spelling_in_its_slot_alone)
{
    slots_case c("other:a", {"a", "other:a", "e"});
    c.leaves("a", sni_slot);
    EXPECT_EQ(c.after(), "default=other:a sni=e");
}

TEST(slots, what_is_there_by_another_host_name_is_there_and_keeps_its_spelling)
{
    slots_case c("other:a", {"other:b"});
    c.wants("a", default_slot);
    c.wants("b", sni_slot);
    EXPECT_EQ(c.change(), "");
    EXPECT_EQ(c.after(), "default=other:a sni=other:b");
    EXPECT_TRUE(c.settled().placements[0].present);
}

TEST(slots, a_secret_is_not_the_container_of_the_same_id)
{
    slots_case c("f");
    c.input.now.sni_refs = {cloud::container_ref("http://kms/v1/secrets/aaaaaaaa-0000-4000-8000-000000000000")
    };
    c.wants("a", sni_slot);
    EXPECT_FALSE(c.settled().placements[0].present);
    EXPECT_EQ(c.settled().after.sni_refs.size(), 2U);
}

TEST(slots, what_is_there_is_adopted_whatever_the_state_of_the_certificate)
{
    slots_case c("f", {"a"});
    c.wants("a", sni_slot).attachable = false;
    EXPECT_TRUE(c.settled().placements[0].placed);
    EXPECT_EQ(c.change(), "");
}

TEST(slots, a_retained_certificate_stays_and_is_nobodys)
{
    slots_case c("a", {"b"});
    c.leaves("a", default_slot).left_in_place = true;
    c.leaves("b", sni_slot).left_in_place = true;
    for (auto& each : c.input.requests)
    {
        each.leaving = false;
    }
    EXPECT_EQ(c.change(), "");
    EXPECT_THAT(c.settled().foreign, UnorderedElementsAre(ref("a"), ref("b")));
}

// ---- rule 4: only what may be attached; dead refs ----

TEST(slots, what_may_not_be_attached_is_not_added)
{
    slots_case c("f");
    c.wants("a", sni_slot).attachable = false;
    c.wants("b", default_slot).attachable = false;
    EXPECT_EQ(c.change(), "");
    EXPECT_FALSE(c.settled().placements[0].wins);
}

TEST(slots, a_dead_ref_of_ours_is_left_out)
{
    slots_case c("f", {"a", "e"});
    c.has("a", sni_slot).attachable = false;
    c.wants("b", sni_slot);
    c.dead("a");
    EXPECT_EQ(c.change(), "sni=b,e");
    EXPECT_THAT(slots_case::entries(c.settled().placements[0].removed), ElementsAre("sni a"));
}

TEST(slots, a_dead_default_of_ours_passes_to_the_next_binding_that_wants_it)
{
    slots_case c("a");
    c.has("a", default_slot, "f").attachable = false;
    c.wants("b", default_slot);
    c.dead("a");
    EXPECT_EQ(c.change(), "default=b");
    EXPECT_TRUE(c.settled().placements[1].wins);
}

TEST(slots, a_dead_default_of_ours_gives_way_to_the_remembered_one)
{
    slots_case c("a");
    c.has("a", default_slot, "f").attachable = false;
    c.dead("a").readable("f");
    EXPECT_EQ(c.change(), "default=f");
}

TEST(slots, a_dead_default_of_ours_stays_if_it_is_the_last)
{
    slots_case c("a");
    c.has("a", default_slot).attachable = false;
    c.dead("a");
    EXPECT_EQ(c.change(), "");
}

// ---- rule 5: never without a certificate ----

TEST(slots, the_default_passes_to_the_next_binding_that_wants_it)
{
    slots_case c("a", {"e"});
    c.leaves("a", default_slot, "f");
    c.wants("b", default_slot);
    c.readable("f").readable("e");
    EXPECT_EQ(c.change(), "default=b");
    EXPECT_EQ(c.settled().default_ref, binding::default_end::ours);
}

TEST(slots, the_oldest_heir_that_can_be_attached_inherits)
{
    slots_case c("a");
    c.leaves("a", default_slot);
    c.wants("b", default_slot).attachable = false;
    c.wants("c", default_slot);
    c.wants("d", default_slot);
    EXPECT_EQ(c.change(), "default=c");
}

TEST(slots, without_an_heir_the_remembered_default_goes_back)
{
    slots_case c("a", {"e"});
    c.leaves("a", default_slot, "f");
    c.readable("f").readable("e");
    EXPECT_EQ(c.change(), "default=f");
    EXPECT_EQ(c.settled().default_ref, binding::default_end::restored);
    EXPECT_EQ(c.settled().restored_ref, ref("f"));
}

TEST(slots, whether_the_remembered_default_can_be_read_is_asked_first)
{
    slots_case c("a", {"e"});
    c.leaves("a", default_slot, "f");
    EXPECT_THAT(c.asks(), testing::Contains("f"));
}

TEST(slots, the_remembered_default_is_asked_about_though_an_sni_ref_is_known_to_be_readable)
{
    slots_case c("a", {"e"});
    c.leaves("a", default_slot, "f");
    c.readable("e");
    EXPECT_THAT(c.asks(), ElementsAre("f"));
}

TEST(slots, the_remembered_default_is_asked_about_though_a_certificate_was_just_checked)
{
    slots_case c("a", {"b"});
    c.leaves("a", default_slot, "f");
    c.has("b", sni_slot);
    EXPECT_THAT(c.asks(), ElementsAre("f"));
}

TEST(slots, the_default_is_never_emptied_because_octavia_serves_no_tls_without_one)
{
    slots_case unreadable("a", {"e"});
    unreadable.leaves("a", default_slot, "f");
    unreadable.readable("f", false).readable("e");
    EXPECT_EQ(unreadable.change(), "");
    EXPECT_TRUE(unreadable.settled().placements[0].kept_as_last);

    slots_case without_memory("a", {"d", "e"});
    without_memory.leaves("a", default_slot);
    EXPECT_EQ(without_memory.change(), "");
    EXPECT_TRUE(without_memory.settled().placements[0].kept_as_last);
}

TEST(slots, an_sni_ref_that_goes_in_the_same_put_does_not_remain)
{
    slots_case c("a", {"b"});
    c.leaves("a", default_slot);
    c.leaves("b", sni_slot);
    c.readable("b");
    EXPECT_EQ(c.after(), "default=a sni=");
    EXPECT_TRUE(c.settled().placements[0].kept_as_last);
    EXPECT_FALSE(c.settled().placements[1].kept_as_last);
}

TEST(slots, with_nothing_readable_left_the_last_certificate_stays)
{
    slots_case alone("a");
    alone.leaves("a", default_slot);
    EXPECT_EQ(alone.change(), "");
    EXPECT_TRUE(alone.settled().placements[0].kept_as_last);

    slots_case unreadable("a", {"e"});
    unreadable.leaves("a", default_slot, "f");
    unreadable.readable("f", false).readable("e", false);
    EXPECT_EQ(unreadable.change(), "");
    EXPECT_TRUE(unreadable.settled().placements[0].kept_as_last);
}

TEST(slots, of_several_deletions_on_a_listener_of_sni_refs_alone_the_oldest_stays)
{
    slots_case c("", {"a", "b", "c"});
    c.leaves("b", sni_slot);
    c.leaves("a", sni_slot);
    c.leaves("c", sni_slot);
    EXPECT_EQ(c.after(), "default=null sni=b");
    EXPECT_TRUE(c.settled().placements[0].kept_as_last);
    EXPECT_FALSE(c.settled().placements[1].kept_as_last);
}

TEST(slots, of_several_deletions_a_dead_one_is_not_what_stays)
{
    slots_case c("", {"a", "b"});
    c.leaves("a", sni_slot);
    c.leaves("b", sni_slot);
    c.dead("a");
    EXPECT_EQ(c.after(), "default=null sni=b");
    EXPECT_FALSE(c.settled().placements[0].kept_as_last);
    EXPECT_TRUE(c.settled().placements[1].kept_as_last);
}

TEST(slots, a_listener_that_is_empty_already_stays_empty)
{
    slots_case c("");
    c.leaves("a", sni_slot);
    EXPECT_EQ(c.change(), "");
    EXPECT_FALSE(c.settled().placements[0].kept_as_last);
}

TEST(slots, a_last_certificate_goes_once_another_default_comes)
{
    slots_case c("a");
    c.leaves("a", default_slot);
    c.wants("b", default_slot);
    EXPECT_EQ(c.change(), "default=b");
    EXPECT_FALSE(c.settled().placements[0].kept_as_last);

    slots_case sni("a");
    sni.leaves("a", default_slot);
    sni.wants("b", sni_slot);
    EXPECT_EQ(sni.change(), "sni=b");
    EXPECT_TRUE(sni.settled().placements[0].kept_as_last);
}

TEST(slots, a_remembered_default_that_is_what_is_there_now_is_no_way_out)
{
    slots_case c("a");
    c.leaves("a", default_slot, "other:a");
    EXPECT_EQ(c.change(), "");
    EXPECT_TRUE(c.settled().placements[0].kept_as_last);
}

TEST(slots, of_two_holders_of_the_default_the_one_with_a_memory_counts)
{
    slots_case c("a");
    c.leaves("a", default_slot);
    c.leaves("a", default_slot, "f");
    c.readable("f");
    EXPECT_EQ(c.change(), "default=f");
}

// ---- rule 6 ----

TEST(slots, of_two_that_want_the_default_the_older_wins_even_over_an_attached_one)
{
    slots_case c("b");
    c.wants("a", default_slot);
    c.has("b", default_slot, "f");
    const auto settled = c.settled();
    EXPECT_EQ(c.change(), "default=a");
    EXPECT_TRUE(settled.placements[0].wins);
    EXPECT_EQ(settled.placements[1].winner, c.input.requests[0].object);
    EXPECT_THAT(slots_case::entries(settled.placements[1].removed), ElementsAre("default b"));
}

TEST(slots, of_two_that_want_the_same_certificate_in_the_same_slot_the_older_wins)
{
    slots_case c("f", {"a"});
    c.wants("a", sni_slot);
    c.has("a", sni_slot);
    EXPECT_EQ(c.change(), "");
    EXPECT_TRUE(c.settled().placements[0].wins);
    EXPECT_EQ(c.settled().placements[1].winner, c.input.requests[0].object);
}

TEST(slots, the_same_certificate_in_two_slots_is_no_conflict)
{
    slots_case c("f");
    c.wants("a", sni_slot);
    c.wants("a", default_slot);
    EXPECT_EQ(c.after(), "default=a sni=a");
    EXPECT_TRUE(c.settled().placements[1].wins);
}

TEST(slots, an_older_one_that_cannot_be_attached_takes_no_part)
{
    slots_case c("b");
    c.wants("a", default_slot).attachable = false;
    c.has("b", default_slot);
    EXPECT_EQ(c.change(), "");
    EXPECT_TRUE(c.settled().placements[1].wins);
    EXPECT_EQ(c.settled().placements[0].winner, nullptr);
}

TEST(slots, an_attached_one_takes_part_whatever_its_certificate_has_become)
{
    slots_case c("a");
    c.has("a", default_slot).attachable = false;
    c.wants("b", default_slot);
    EXPECT_EQ(c.change(), "");
    EXPECT_EQ(c.settled().placements[1].winner, c.input.requests[0].object);
}

TEST(slots, a_deletion_takes_no_part)
{
    slots_case c("f", {"a"});
    c.leaves("a", sni_slot);
    c.wants("a", sni_slot);
    EXPECT_EQ(c.change(), "") << "the ref passes without a PUT";
    EXPECT_TRUE(c.settled().placements[1].wins);
    EXPECT_THAT(slots_case::entries(c.settled().placements[0].kept), ElementsAre("sni a"));
}

// ---- ... and of two of the same second the one that holds the slot ----

TEST(slots, of_two_of_the_same_second_the_smaller_uid_wins_if_neither_holds_the_slot)
{
    slots_case c("f");
    c.wants("b", default_slot);
    c.wants("a", default_slot);
    EXPECT_EQ(c.of_one_second().change(), "default=a");
    EXPECT_EQ(c.winner_over(0), c.input.requests[1].object);
}

TEST(slots, of_two_of_the_same_second_the_one_with_the_default_keeps_it)
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

TEST(slots, of_two_of_the_same_second_the_one_with_the_sni_ref_keeps_it)
{
    slots_case c("f", {"a"});
    c.has("a", sni_slot);
    c.wants("a", sni_slot);
    EXPECT_EQ(c.of_one_second().winner_over(1), c.input.requests[0].object);
}

TEST(slots, of_two_of_the_same_second_the_one_that_rotates_keeps_the_default)
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

TEST(slots, of_two_of_the_same_second_the_one_with_an_entry_repairs_what_somebody_else_replaced)
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

// A PUT of each was on its way, through two credentials.
TEST(slots, of_two_of_the_same_second_with_entries_the_one_that_is_there_keeps_the_default)
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

TEST(slots, what_is_held_does_not_keep_the_default_from_an_older_binding)
{
    slots_case c("b");
    c.has("b", default_slot, "f");
    c.wants("a", default_slot);
    c.of_one_second().objects[0].created += std::chrono::seconds(1);
    EXPECT_EQ(c.change(), "default=a");
}

TEST(slots, of_the_same_second_an_entry_in_the_other_slot_holds_nothing)
{
    slots_case c("f", {"b"});
    slots_case::hold(c.wants("b", default_slot), "b", sni_slot);
    c.wants("a", default_slot);
    EXPECT_EQ(c.of_one_second().change(), "default=a");
}

// ---- rule 8: rotation ----

TEST(slots, a_rotation_swaps_in_one_change)
{
    slots_case c("f", {"a", "e"});
    slots_case::hold(c.wants("b", sni_slot), "a", sni_slot);
    EXPECT_EQ(c.change(), "sni=b,e");
    EXPECT_THAT(slots_case::entries(c.settled().placements[0].removed), ElementsAre("sni a"));
}

TEST(slots, a_rotation_of_the_default_swaps_in_one_change)
{
    slots_case c("a");
    slots_case::hold(c.wants("b", default_slot), "a", default_slot);
    EXPECT_EQ(c.change(), "default=b");
}

TEST(slots, until_the_new_one_can_be_attached_the_old_one_stays)
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
    EXPECT_THAT(slots_case::entries(c.settled().placements[0].kept), ElementsAre("default a"));
    EXPECT_THAT(slots_case::entries(c.settled().placements[1].kept), ElementsAre("sni b"));
}

TEST(slots, a_rotation_that_waits_keeps_its_place_in_the_default_slot)
{
    slots_case c("a");
    binding::slot_request& older = c.wants("b", default_slot);
    slots_case::hold(older, "a", default_slot);
    older.attachable = false;
    c.wants("c", default_slot);
    EXPECT_EQ(c.change(), "");
    EXPECT_EQ(c.settled().placements[1].winner, c.input.requests[0].object);
}

TEST(slots, a_move_from_default_to_sni_is_one_change)
{
    slots_case c("a", {"e"});
    binding::slot_request& moving = c.wants("a", sni_slot);
    slots_case::hold(moving, "a", default_slot);
    moving.held.replaced_default_ref = ref("f");
    c.readable("f");
    EXPECT_EQ(c.change(), "default=f sni=a,e");
}

TEST(slots, a_move_from_default_to_sni_without_a_memory_leaves_it_in_both)
{
    slots_case c("a");
    slots_case::hold(c.wants("a", sni_slot), "a", default_slot);
    EXPECT_EQ(c.change(), "sni=a");
    EXPECT_THAT(c.settled().placements[0].kept, testing::SizeIs(1));
}

TEST(slots, a_move_from_sni_to_default_is_one_change)
{
    slots_case c("f", {"a", "e"});
    slots_case::hold(c.wants("a", default_slot), "a", sni_slot);
    EXPECT_EQ(c.change(), "default=a sni=e");
}

TEST(slots, a_move_that_cannot_be_done_yet_changes_nothing)
{
    slots_case c("a", {"e"});
    binding::slot_request& moving = c.wants("a", sni_slot);
    slots_case::hold(moving, "a", default_slot);
    moving.attachable = false;
    EXPECT_EQ(c.change(), "");
}

TEST(slots, a_move_that_loses_a_conflict_leaves_it_where_it_is)
{
    slots_case c("a", {"b"});
    c.has("a", default_slot);
    slots_case::hold(c.wants("b", default_slot), "b", sni_slot);
    EXPECT_EQ(c.change(), "");
    EXPECT_THAT(slots_case::entries(c.settled().placements[1].kept), ElementsAre("sni b"));
}

// ---- rule 14: bindings of other credentials ----

// A claim of another credential's binding.
binding::slot_request& of_peer(binding::slot_request& which)
{
    which.of_peer = true;
    return which;
}

TEST(slots, what_another_credential_holds_stays_and_is_not_foreign)
{
    slots_case c("a", {"b", "e"});
    of_peer(c.leaves("a", default_slot, "f"));
    of_peer(c.leaves("b", sni_slot));
    c.wants("c", sni_slot);
    EXPECT_EQ(c.change(), "sni=b,c,e");
    EXPECT_THAT(c.settled().foreign, ElementsAre(ref("e")));
    EXPECT_THAT(c.settled().placements[0].removed, IsEmpty());
}

TEST(slots, what_another_credential_wants_is_not_placed_by_this_one)
{
    slots_case c("f");
    of_peer(c.wants("a", default_slot));
    of_peer(c.wants("b", sni_slot));
    EXPECT_EQ(c.change(), "");
    EXPECT_FALSE(c.settled().placements[0].placed);
}

TEST(slots, an_older_binding_of_another_credential_wins_the_default_and_places_it_itself)
{
    slots_case c("b");
    of_peer(c.wants("a", default_slot));
    c.has("b", default_slot, "f");
    EXPECT_EQ(c.change(), "") << "ours stays until the other's target has replaced it";
    EXPECT_EQ(c.settled().placements[1].winner, c.input.requests[0].object);
}

TEST(slots, an_older_binding_replaces_the_default_of_another_credential)
{
    slots_case c("b");
    c.wants("a", default_slot);
    of_peer(c.has("b", default_slot, "f"));
    EXPECT_EQ(c.change(), "default=a");
    EXPECT_THAT(c.settled().foreign, IsEmpty());
    EXPECT_THAT(c.settled().placements[1].removed, IsEmpty())
        << "its own target says what becomes of its entries";
}

TEST(slots, of_two_credentials_both_see_the_same_winner_of_one_second)
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

TEST(slots, a_duplicate_of_another_credential_is_a_conflict_and_no_adoption)
{
    slots_case c("f", {"a"});
    of_peer(c.has("a", sni_slot));
    c.wants("a", sni_slot);
    EXPECT_EQ(c.settled().placements[1].winner, c.input.requests[0].object);
    EXPECT_EQ(c.change(), "");
}

TEST(slots, another_credential_without_an_entry_and_without_a_right_to_attach_takes_no_part)
{
    slots_case c("f", {"a"});
    of_peer(c.wants("a", sni_slot)).attachable = false;
    c.has("a", sni_slot);
    EXPECT_EQ(c.settled().placements[1].winner, nullptr);
    EXPECT_TRUE(c.settled().placements[1].wins);
}

TEST(slots, a_default_that_goes_waits_for_an_heir_of_another_credential)
{
    slots_case c("a");
    c.leaves("a", default_slot, "f");
    binding::slot_request& heir = of_peer(c.wants("b", default_slot));
    EXPECT_EQ(c.change(), "");
    EXPECT_FALSE(c.settled().placements[0].kept_as_last);
    heir.attachable = false;  // it was refused, or too slow
    c.readable("f");
    EXPECT_EQ(c.change(), "default=f");
}

TEST(slots, a_ref_passes_to_a_duplicate_of_another_credential_without_a_change)
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

TEST(slots, of_two_credentials_whose_bindings_leave_the_same_ref_one_takes_it_off)
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
