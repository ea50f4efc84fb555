#include "runtime/watch_machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace std::chrono_literals;
using runtime::watch_action;
using runtime::watch_failure;

class watch_machine : public testing::Test
{
protected:
    // Brings the machine to an open watch from version 100.
    void open_watch()
    {
        machine.listed_page("", "100");
        machine.watch_opened(now);
        ASSERT_EQ(machine.next(), watch_action::read_event);
    }

    // Sleeps until wake_at() and returns how long that was.
    support::duration sleep()
    {
        EXPECT_EQ(machine.next(), watch_action::sleep);
        const auto slept = machine.wake_at() - now;
        now = machine.wake_at();
        machine.slept();
        return slept;
    }

    support::random_engine random{1};
    runtime::watch_machine machine{random};
    support::time_point now{1h};
};

TEST_F(watch_machine, lists_all_pages_then_watches_from_the_version_of_the_list)
{
    EXPECT_EQ(machine.next(), watch_action::list_first_page);
    EXPECT_EQ(machine.continue_token(), "");
    machine.listed_page("t1", "100");
    EXPECT_EQ(machine.next(), watch_action::list_next_page);
    EXPECT_EQ(machine.continue_token(), "t1");
    machine.listed_page("t2", "100");
    EXPECT_EQ(machine.next(), watch_action::list_next_page);
    EXPECT_EQ(machine.continue_token(), "t2");
    machine.listed_page("", "100");
    EXPECT_EQ(machine.next(), watch_action::watch);
    EXPECT_EQ(machine.resource_version(), "100");
    machine.watch_opened(now);
    EXPECT_EQ(machine.next(), watch_action::read_event);
}

TEST_F(watch_machine, an_end_in_order_is_resumed_at_once_where_it_was)
{
    open_watch();
    machine.event_read("101");
    machine.event_read("105");
    EXPECT_EQ(machine.next(), watch_action::read_event);
    now += 5min;
    machine.watch_ended(now);
    EXPECT_EQ(machine.next(), watch_action::watch);
    EXPECT_EQ(machine.resource_version(), "105");
}

TEST_F(watch_machine, a_break_is_resumed_where_it_was_after_a_while)
{
    open_watch();
    machine.event_read("101");
    machine.watch_failed(watch_failure::transient, std::nullopt, now + 5min);
    EXPECT_EQ(machine.next(), watch_action::sleep);
    EXPECT_GE(machine.wake_at(), now + 5min + 400ms);
    EXPECT_LE(machine.wake_at(), now + 5min + 1200ms);
    machine.slept();
    EXPECT_EQ(machine.next(), watch_action::watch);
    EXPECT_EQ(machine.resource_version(), "101");
}

TEST_F(watch_machine, asks_a_server_that_did_not_answer_for_its_version_first)
{
    open_watch();
    machine.watch_failed(watch_failure::unanswered, std::nullopt, now);
    sleep();
    EXPECT_EQ(machine.next(), watch_action::check_version);
    machine.watch_failed(watch_failure::unanswered, std::nullopt, now);
    sleep();
    EXPECT_EQ(machine.next(), watch_action::check_version);
    EXPECT_TRUE(machine.version_read("100"));
    EXPECT_EQ(machine.next(), watch_action::watch);
    EXPECT_EQ(machine.resource_version(), "100");
}

TEST_F(watch_machine, a_server_whose_version_is_older_has_lost_history)
{
    open_watch();
    machine.watch_failed(watch_failure::unanswered, std::nullopt, now);
    sleep();
    EXPECT_FALSE(machine.version_read("99"));
    EXPECT_EQ(machine.next(), watch_action::list_first_page);
    open_watch();
    machine.watch_failed(watch_failure::unanswered, std::nullopt, now);
    sleep();
    EXPECT_TRUE(machine.version_read("")) << "an unknown version proves nothing";
    EXPECT_EQ(machine.next(), watch_action::watch);
}

TEST_F(watch_machine, an_outage_of_any_length_keeps_the_version)
{
    open_watch();
    for (int i = 0; i < 1000; ++i)
    {
        const bool without_right = i % 3 == 0;
        machine.watch_failed(
            without_right ? watch_failure::unauthorized : watch_failure::unanswered, std::nullopt, now
        );
        sleep();
        ASSERT_EQ(machine.next(), without_right ? watch_action::watch : watch_action::check_version);
    }
    EXPECT_EQ(machine.resource_version(), "100");
}

TEST_F(watch_machine, what_a_watch_has_missed_is_listed)
{
    open_watch();
    machine.watch_missed(now);
    EXPECT_GE(sleep(), 400ms);
    EXPECT_EQ(machine.next(), watch_action::list_first_page);
}

TEST_F(watch_machine, an_expired_version_means_to_list_again)
{
    open_watch();
    machine.watch_failed(watch_failure::expired, std::nullopt, now);
    EXPECT_GE(sleep(), 400ms);
    EXPECT_EQ(machine.next(), watch_action::list_first_page);
    EXPECT_EQ(machine.continue_token(), "");
}

TEST_F(watch_machine, what_the_server_does_not_take_is_given_up)
{
    machine.listed_page("bad token", "100");
    machine.list_failed(watch_failure::refused, std::nullopt, now);
    sleep();
    EXPECT_EQ(machine.next(), watch_action::list_first_page);
    EXPECT_EQ(machine.continue_token(), "");
    machine.listed_page("", "bad version");
    machine.watch_failed(watch_failure::refused, std::nullopt, now);
    sleep();
    EXPECT_EQ(machine.next(), watch_action::list_first_page);
}

TEST_F(watch_machine, a_page_that_fails_is_asked_for_again_but_not_when_its_token_expired)
{
    machine.listed_page("t1", "100");
    machine.list_failed(watch_failure::transient, std::nullopt, now);
    sleep();
    EXPECT_EQ(machine.next(), watch_action::list_next_page);
    EXPECT_EQ(machine.continue_token(), "t1");
    machine.list_failed(watch_failure::expired, std::nullopt, now);
    sleep();
    EXPECT_EQ(machine.next(), watch_action::list_first_page);
    EXPECT_EQ(machine.continue_token(), "");
}

TEST_F(watch_machine, a_page_that_is_too_large_is_asked_for_with_fewer_objects_from_the_first_one_on)
{
    EXPECT_EQ(machine.page_limit(), 500);
    machine.listed_page("t1", "100");
    for (const int fewer : {125, 31, 7, 1})
    {
        machine.list_failed(watch_failure::too_large, std::nullopt, now);
        ASSERT_EQ(machine.next(), watch_action::list_first_page) << "at once";
        EXPECT_EQ(machine.continue_token(), "");
        EXPECT_EQ(machine.page_limit(), fewer);
        machine.listed_page("t2", "101");
        EXPECT_EQ(machine.page_limit(), fewer);
    }
    machine.list_failed(watch_failure::too_large, std::nullopt, now);
    EXPECT_GE(sleep(), 400ms) << "nothing is less than one";
    EXPECT_EQ(machine.next(), watch_action::list_first_page);
    EXPECT_EQ(machine.page_limit(), 1);
    machine.listed_page("", "102");
    EXPECT_EQ(machine.next(), watch_action::watch);
    EXPECT_EQ(machine.page_limit(), 500) << "for the next list";
}

TEST_F(watch_machine, waits_double_up_to_half_a_minute_with_jitter)
{
    const support::duration expected[] = {800ms, 1600ms, 3200ms, 6400ms, 12800ms, 25600ms, 30s, 30s, 30s};
    bool exact = true;
    for (const auto wait : expected)
    {
        machine.list_failed(watch_failure::transient, std::nullopt, now);
        const auto slept = sleep();
        EXPECT_GE(slept, wait / 2);
        EXPECT_LE(slept, wait + wait / 2);
        exact = exact && slept == wait;
        EXPECT_EQ(machine.next(), watch_action::list_first_page);
    }
    EXPECT_FALSE(exact) << "all who failed together would come back together";
}

TEST_F(watch_machine, a_server_that_nobody_reaches_is_asked_after_waits_that_double_likewise)
{
    open_watch();
    for (const support::duration wait : {800ms, 1600ms, 3200ms, 6400ms, 12800ms, 25600ms, 30000ms, 30000ms})
    {
        machine.watch_failed(watch_failure::unanswered, std::nullopt, now);
        const auto slept = sleep();
        EXPECT_GE(slept, wait / 2);
        EXPECT_LE(slept, wait + wait / 2);
        EXPECT_EQ(machine.next(), watch_action::check_version);
    }
}

TEST_F(watch_machine, a_page_that_came_forgets_the_failures_before_it)
{
    for (int i = 0; i < 6; ++i)
    {
        machine.list_failed(watch_failure::transient, std::nullopt, now);
        sleep();
    }
    machine.listed_page("t1", "100");
    machine.list_failed(watch_failure::transient, std::nullopt, now);
    EXPECT_LE(sleep(), 1200ms);
}

TEST_F(watch_machine, a_watch_that_shows_something_forgets_the_failures_before_it)
{
    open_watch();
    for (int i = 0; i < 6; ++i)
    {
        machine.watch_failed(watch_failure::transient, std::nullopt, now);
        sleep();
    }
    EXPECT_EQ(machine.watch_failures(), 6);
    machine.watch_opened(now);
    machine.event_read("101");
    EXPECT_EQ(machine.watch_failures(), 0);
    machine.watch_failed(watch_failure::transient, std::nullopt, now);
    EXPECT_LE(sleep(), 1200ms);
}

TEST_F(watch_machine, a_watch_that_is_cut_for_its_silence_is_resumed_soon_however_often_that_happens)
{
    machine.listed_page("", "100");
    for (int i = 1; i < 8; ++i)
    {
        machine.watch_opened(now);
        now += 35s;
        machine.watch_failed(watch_failure::transient, std::nullopt, now);
        EXPECT_LE(sleep(), 1200ms);
        EXPECT_EQ(machine.next(), watch_action::watch);
        EXPECT_EQ(machine.watch_failures(), i) << "its version may be the reason all the same";
    }
    machine.watch_opened(now);
    machine.watch_failed(watch_failure::transient, std::nullopt, now + 29s);
    EXPECT_GE(sleep(), 15s);
    now += 1h;
    machine.watch_failed(watch_failure::transient, std::nullopt, now);
    EXPECT_GE(sleep(), 15s) << "none was open";
}

TEST_F(watch_machine, lists_and_expired_watches_in_turn_are_no_hot_loop)
{
    const auto started = now;
    for (int i = 0; i < 20; ++i)
    {
        open_watch();
        machine.watch_failed(watch_failure::expired, std::nullopt, now);
        sleep();
        ASSERT_EQ(machine.next(), watch_action::list_first_page);
    }
    EXPECT_GT(now - started, 3min);
}

TEST_F(watch_machine, watches_that_end_within_a_second_are_no_hot_loop)
{
    open_watch();
    const auto started = now;
    for (int i = 0; i < 20; ++i)
    {
        machine.watch_ended(now + 999ms);
        ASSERT_EQ(machine.next(), watch_action::sleep);
        sleep();
        machine.watch_opened(now);
    }
    EXPECT_GT(now - started, 3min);
    machine.event_read("101");
    machine.watch_ended(now + 10ms);
    EXPECT_GE(sleep(), 400ms) << "nor with an event in each of them";
}

TEST_F(watch_machine, waits_as_long_as_the_server_says_but_a_minute_at_most)
{
    machine.list_failed(watch_failure::transient, 7s, now);
    EXPECT_EQ(sleep(), 7s);
    machine.list_failed(watch_failure::transient, 1h, now);
    EXPECT_EQ(sleep(), 60s);
    machine.list_failed(watch_failure::transient, 0s, now);
    EXPECT_GE(sleep(), 1600ms) << "and never shorter than by itself";
    machine.listed_page("", "100");
    machine.watch_failed(watch_failure::transient, 7s, now);
    EXPECT_EQ(sleep(), 7s);
    EXPECT_EQ(machine.next(), watch_action::watch);
}

TEST_F(watch_machine, a_watch_that_stays_mute_to_its_end_does_not_know_the_version)
{
    open_watch();
    machine.watch_ended(now + 5min);
    EXPECT_EQ(machine.next(), watch_action::list_first_page);

    open_watch();
    machine.event_read("100");  // a bookmark
    machine.watch_ended(now + 5min);
    EXPECT_EQ(machine.next(), watch_action::watch);
}

TEST_F(watch_machine, a_version_that_fails_again_and_again_is_given_up)
{
    open_watch();
    int watches = 0;
    do
    {
        machine.watch_failed(watch_failure::transient, std::nullopt, now);
        sleep();
        ++watches;
    } while (machine.next() == watch_action::watch);
    EXPECT_EQ(watches, 8);
    EXPECT_EQ(machine.next(), watch_action::list_first_page);
}

// In any order of events the next action makes sense.
TEST_F(watch_machine, takes_every_event_in_every_state)
{
    std::mt19937 dice(7);
    const auto below = [&](unsigned limit) {
        return std::uniform_int_distribution<unsigned>(0, limit - 1)(dice);
    };
    const watch_failure reasons[] = {
        watch_failure::expired,
        watch_failure::refused,
        watch_failure::unauthorized,
        watch_failure::too_large,
        watch_failure::unanswered,
        watch_failure::transient
    };
    std::size_t visits[6] = {};
    for (int trial = 0; trial < 600000; ++trial)
    {
        now += std::chrono::milliseconds(below(400000));
        switch (below(10))
        {
            case 0:
                machine.listed_page("token", "100");
                break;
            case 1:
                machine.listed_page("", "100");
                break;
            case 2:
                machine.list_failed(reasons[below(6)], std::chrono::seconds(below(100)), now);
                break;
            case 3:
                machine.watch_opened(now);
                break;
            case 4:
                machine.watch_failed(reasons[below(6)], std::nullopt, now);
                break;
            case 5:
                machine.event_read("101");
                break;
            case 6:
                machine.watch_ended(now);
                break;
            case 7:
                machine.version_read(below(2) == 0 ? "99" : "102");
                break;
            case 8:
                machine.watch_missed(now);
                break;
            default:
                machine.slept();
        }
        ++visits[static_cast<std::size_t>(machine.next())];
        switch (machine.next())
        {
            case watch_action::list_first_page:
                ASSERT_EQ(machine.continue_token(), "");
                break;
            case watch_action::list_next_page:
                ASSERT_NE(machine.continue_token(), "");
                break;
            case watch_action::check_version:
            case watch_action::watch:
                ASSERT_NE(machine.resource_version(), "");
                break;
            case watch_action::read_event:
                break;
            case watch_action::sleep:
                ASSERT_LE(machine.wake_at(), now + 60s);
        }
    }
    EXPECT_GT(*std::ranges::min_element(visits), 1000U) << "every state was there";
}

}  // namespace
