// The checks of a watch: whether it still shows everything.
#include "runtime/watcher_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace std::chrono_literals;
using test::watcher;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(watcher, a_frozen_server_behind_a_living_connection_is_noticed)
{
    create("a");
    start();
    advance(61s);  // a bookmark
    api.watches().frozen = true;
    create("b");
    advance(148s);
    EXPECT_THAT(log.text(), IsEmpty());
    api.watches().frozen = false;  // for new watches; this one stays as it is
    ASSERT_TRUE(catches_up(5s));
    EXPECT_THAT(log.text(), HasSubstr("a watch is dead although its connection stands"));
    EXPECT_EQ(lists(), 1U);
}

TEST_F(watcher, tells_for_how_long_it_has_shown_nothing)
{
    create("a");
    start();
    advance(40s);
    EXPECT_EQ(followed->silent_for(), 40s);
    create("b");
    step();
    EXPECT_EQ(followed->silent_for(), 0s);
    advance(61s);  // a bookmark after 60 s
    EXPECT_LE(followed->silent_for(), 41s);
    api.go_down();
    advance(10min);
    EXPECT_GE(followed->silent_for(), 10min);
}

TEST_F(watcher, a_write_of_ours_that_the_watch_does_not_show_ends_it)
{
    create("a");
    start();
    api.watches().frozen = true;
    create("b");
    collection.wrote(api.objects().revision());
    advance(29s);
    EXPECT_EQ(followed->restarted().failed, 0U);
    advance(1s);
    EXPECT_EQ(followed->restarted().failed, 1U);
    api.watches().frozen = false;
    ASSERT_TRUE(catches_up(10s));
    advance(1min);
    EXPECT_EQ(followed->restarted().failed, 1U) << "it is shown now";
    EXPECT_EQ(lists(), 1U);
}

TEST_F(watcher, a_write_of_ours_that_no_watch_shows_is_found_by_a_list)
{
    start();
    api.watches().lost = {api.objects().revision() + 1};
    create("a");
    ASSERT_TRUE(collection.objects.empty());
    collection.wrote(api.objects().revision());
    ASSERT_TRUE(catches_up(70s));
    EXPECT_EQ(lists(), 2U);
    advance(5min);
    EXPECT_EQ(lists(), 2U);
}

TEST_F(watcher, compares_with_a_list_once_an_hour)
{
    create_many(600);
    start();
    advance(47min);
    EXPECT_EQ(collection.compared, "");
    advance(26min);
    EXPECT_EQ(collection.compared, "600 at 800");
    EXPECT_EQ(api.requests().size(), api.count("list") + api.count("watch"));
    EXPECT_EQ(lists(), 4U) << "two pages each";
    const auto before = lists();
    advance(10h);
    EXPECT_GE(lists() - before, 14U);
    EXPECT_LE(lists() - before, 26U);
    EXPECT_THAT(log.text(), IsEmpty());
}

TEST_F(watcher, what_a_comparison_finds_is_told_and_listed)
{
    create("a");
    start();
    collection.to_miss = 3;
    advance(73min);
    EXPECT_EQ(followed->restarted().missed, 3U);
    EXPECT_EQ(lists(), 3U);
    EXPECT_THAT(log.text(), HasSubstr("a watch has not shown all changes"));
    EXPECT_EQ(std::ranges::count(collection.heard, "began"), 2);
    EXPECT_EQ(api.open_watches(), 1U);
}

TEST_F(watcher, a_comparison_waits_for_a_watch_that_lags)
{
    create("a");
    start();
    advance(40min);
    api.hold_events();
    create("b");
    advance(33min);
    EXPECT_EQ(collection.compared, "") << "the watch has not reached the version of the list";
    api.release_events();
    step();
    EXPECT_EQ(collection.compared, "2 at 202");
}

TEST_F(watcher, a_comparison_that_fails_comes_again_after_ten_minutes)
{
    start();
    api.denied = {"list"};
    advance(73min);
    EXPECT_EQ(collection.compared, "");
    api.denied = {};
    advance(11min);
    EXPECT_EQ(collection.compared, "0 at 200");
    EXPECT_EQ(followed->restarted().failed, 0U);
}

}  // namespace
