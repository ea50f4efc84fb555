#include "binding/events/event_limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace binding;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr support::time_point t0{1h};

// The binding of this number has changed for this reason.
event change(int number, const std::string& reason = "Conflict", const std::string& note = "")
{
    char uid[37];
    std::snprintf(uid, sizeof uid, "00000000-0000-4000-8000-%012d", number);
    event happened;
    happened.regarding = {
        support::interned("shop"), "b" + std::to_string(number), *support::uuid::parse(uid)
    };
    happened.warning = true;
    happened.reason = reason;
    happened.action = "Attach";
    happened.note = note;
    happened.state = state::error;
    return happened;
}

// Not about a change of state.
event notice(int number, const std::string& note)
{
    event happened = change(number, "ForeignUpdateLost", note);
    happened.state = state::unset;
    return happened;
}

std::vector<std::string> notes(const std::vector<event>& events)
{
    std::vector<std::string> all;
    for (const event& each : events)
    {
        all.push_back(each.note);
    }
    return all;
}

class event_limits_of_objects : public testing::Test
{
protected:
    // Records `count` notices of binding 1 and returns how many are told at once.
    int record(int count, support::time_point now)
    {
        int told = 0;
        for (int i = 0; i < count; ++i)
        {
            told += static_cast<int>(limits.record(notice(1, std::to_string(i)), now).size());
        }
        return told;
    }

    event_limits limits;
};

TEST_F(event_limits_of_objects, ten_are_told_at_once_and_then_the_newest_each_minute)
{
    EXPECT_EQ(record(15, t0), 10);
    EXPECT_EQ(limits.next_due(), t0 + 1min);
    EXPECT_THAT(limits.due(t0 + 59s), IsEmpty());
    EXPECT_THAT(notes(limits.due(t0 + 1min)), ElementsAre("14")) << "the newest is never lost";
    EXPECT_EQ(limits.merged(), 4U);
    EXPECT_THAT(limits.due(t0 + 1h), IsEmpty());
    EXPECT_EQ(limits.next_due(), std::nullopt);
}

TEST_F(event_limits_of_objects, one_a_minute_can_be_told_for_ever)
{
    EXPECT_EQ(record(10, t0), 10);
    for (int minute = 1; minute <= 100; ++minute)
    {
        EXPECT_EQ(record(1, t0 + minute * 1min), 1);
    }
    EXPECT_EQ(record(1, t0 + 100min), 0);
}

TEST_F(event_limits_of_objects, after_ten_quiet_minutes_there_are_ten_again)
{
    EXPECT_EQ(record(10, t0), 10);
    EXPECT_EQ(record(10, t0 + 3min), 3);
    EXPECT_THAT(limits.due(t0 + 4min), SizeIs(1));
    EXPECT_EQ(record(12, t0 + 20min), 10);
}

TEST_F(event_limits_of_objects, each_object_has_its_own)
{
    EXPECT_EQ(record(15, t0), 10);
    EXPECT_THAT(limits.record(notice(2, "another"), t0), SizeIs(1));
    auto of_namespace = event_about_namespace(support::interned("shop"), true, "RefsOrphaned", "Forget", "");
    EXPECT_THAT(limits.record(of_namespace, t0), SizeIs(1));
}

TEST_F(event_limits_of_objects, what_waits_is_told_at_the_end_of_the_program)
{
    EXPECT_EQ(record(15, t0), 10);
    EXPECT_THAT(notes(limits.take_waiting()), ElementsAre("14"));
}

TEST(event_limits_of_namespaces, one_event_tells_of_more_than_20_bindings_that_change_for_one_reason)
{
    event_limits limits;
    int told = 0;
    for (int i = 0; i < 163; ++i)
    {
        told +=
            static_cast<int>(limits.record(change(i, "Conflict", "note " + std::to_string(i)), t0).size());
    }
    EXPECT_EQ(told, 20);
    EXPECT_EQ(limits.next_due(), t0 + 10s);
    const auto of_all = limits.due(t0 + 10s);
    ASSERT_THAT(of_all, SizeIs(1));
    EXPECT_TRUE(of_all[0].regarding.is_namespace());
    EXPECT_EQ(of_all[0].regarding.name_space.view(), "shop");
    EXPECT_TRUE(of_all[0].warning);
    EXPECT_EQ(of_all[0].reason, "Conflict");
    EXPECT_EQ(
        of_all[0].note,
        "143 further changes of bindings of this namespace to Conflict; the newest, of b162: note 162"
    );
    EXPECT_EQ(limits.merged(), 143U);
    EXPECT_EQ(limits.next_due(), std::nullopt);
}

TEST(event_limits_of_namespaces, further_changes_are_told_of_once_a_minute)
{
    event_limits limits;
    for (int i = 0; i < 21; ++i)
    {
        limits.record(change(i), t0);
    }
    ASSERT_THAT(limits.due(t0 + 10s), SizeIs(1));
    EXPECT_THAT(limits.record(change(30), t0 + 11s), IsEmpty());
    EXPECT_EQ(limits.next_due(), t0 + 70s);
    EXPECT_THAT(limits.record(change(31, "Conflict", "the last"), t0 + 65s), IsEmpty());
    EXPECT_THAT(
        notes(limits.due(t0 + 70s)),
        ElementsAre(
            "2 further changes of bindings of this namespace to Conflict; the newest, of b31: the last"
        )
    );
    EXPECT_THAT(limits.record(change(32), t0 + 10min), SizeIs(1)) << "the burst is over";
}

TEST(event_limits_of_namespaces, a_binding_that_was_told_of_goes_on_to_be_told_of)
{
    event_limits limits;
    for (int i = 0; i < 30; ++i)
    {
        limits.record(change(i), t0);
    }
    EXPECT_THAT(limits.record(change(3), t0 + 1s), SizeIs(1));
    EXPECT_THAT(limits.record(change(25), t0 + 1s), IsEmpty());
}

TEST(event_limits_of_namespaces, other_reasons_and_notices_are_told_one_by_one)
{
    event_limits limits;
    for (int i = 0; i < 30; ++i)
    {
        limits.record(change(i), t0);
    }
    EXPECT_THAT(limits.record(change(40, "CloudUnavailable"), t0), SizeIs(1));
    EXPECT_THAT(limits.record(notice(41, "a notice"), t0), SizeIs(1));
    EXPECT_THAT(limits.take_waiting(), SizeIs(1)) << "one event of the namespace";
}

// ---- an event of the namespace, and later ones of its bindings ----

TEST(order_of_events, the_event_of_the_namespace_names_no_binding_that_has_changed_since)
{
    event_limits limits;
    for (int i = 0; i < 30; ++i)
    {
        limits.record(change(i), t0);
    }
    EXPECT_THAT(limits.record(change(29, "Attached", "is attached"), t0 + 1s), SizeIs(1));
    EXPECT_THAT(
        notes(limits.due(t0 + 10s)),
        ElementsAre("10 further changes of bindings of this namespace to Conflict")
    );
}

TEST(order_of_events, a_notice_of_a_binding_is_no_change)
{
    event_limits limits;
    for (int i = 0; i < 30; ++i)
    {
        limits.record(change(i, "Conflict", "note " + std::to_string(i)), t0);
    }
    EXPECT_THAT(limits.record(notice(29, "a notice"), t0 + 1s), SizeIs(1));
    EXPECT_THAT(
        notes(limits.due(t0 + 10s)),
        ElementsAre(
            "10 further changes of bindings of this namespace to Conflict; the newest, of b29: note 29"
        )
    );
}

TEST(order_of_events, what_waits_is_dropped_when_the_event_of_the_namespace_tells_of_a_newer_change)
{
    event_limits limits;
    for (int i = 0; i < 11; ++i)
    {
        limits.record(change(99, "CloudUnavailable", "old " + std::to_string(i)), t0);
    }
    for (int i = 0; i < 20; ++i)
    {
        limits.record(change(i), t0 + 1s);
    }
    EXPECT_THAT(limits.record(change(99, "Conflict", "new"), t0 + 2s), IsEmpty());
    EXPECT_THAT(
        notes(limits.due(t0 + 2min)),
        ElementsAre("1 further change of bindings of this namespace to Conflict; the newest, of b99: new")
    );
    EXPECT_THAT(limits.due(t0 + 1h), IsEmpty());
    EXPECT_EQ(limits.merged(), 2U);
}

TEST(order_of_events, a_later_change_of_a_binding_that_was_counted_is_told)
{
    event_limits limits;
    for (int i = 0; i < 30; ++i)
    {
        limits.record(change(i), t0);
    }
    ASSERT_THAT(limits.due(t0 + 10s), SizeIs(1));
    EXPECT_THAT(notes(limits.record(change(29, "Attached", "last"), t0 + 11s)), ElementsAre("last"));
    EXPECT_THAT(limits.due(t0 + 1h), IsEmpty());
}

}  // namespace
