// Outages of the API server, after which a list is needed or not.
#include "runtime/watcher_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace std::chrono_literals;
using test::lines;
using test::watcher;
using testing::HasSubstr;

TEST_F(watcher, an_expired_watch_is_followed_by_a_list)
{
    create("a");
    create("b");
    start();
    api.go_down();
    step();
    ASSERT_TRUE(api.objects().remove("shop", "a"));
    create("c");
    api.compact();
    api.come_up();
    ASSERT_TRUE(catches_up());
    EXPECT_EQ(lists(), 2U);
    EXPECT_EQ(collection.objects.count("a"), 0U);
    for (const auto& request : api.requests())
    {
        if (request.verb == "list")
        {
            EXPECT_EQ(request.asked("resourceVersion"), "") << "every list is consistent";
        }
    }
}

TEST_F(watcher, a_server_that_was_away_is_found_again_without_a_list)
{
    create("a");
    start();
    api.go_down();
    advance(60s);
    create("b");
    api.come_up();
    ASSERT_TRUE(catches_up(45s));
    EXPECT_EQ(lists(), 1U);
    const auto text = log.text();
    EXPECT_EQ(
        lines(
            text, "cannot watch certificatebindings.certificates.bycloud.io: connection refused; trying again"
        ),
        1U
    ) << text;
    EXPECT_EQ(lines(text, "watching certificatebindings again"), 1U) << text;
}

TEST_F(watcher, an_outage_of_hours_needs_no_list)
{
    create("a");
    start();
    api.go_down();
    advance(3h);
    create("b");
    api.come_up();
    ASSERT_TRUE(catches_up(1min));
    EXPECT_EQ(std::ranges::count(collection.heard, "began"), 1);
}

TEST_F(watcher, a_server_that_lost_history_is_listed_anew)
{
    create("a");
    start();
    const auto backup = api.objects().back_up();
    create("b");
    ASSERT_EQ(collection.objects.size(), 2U);
    api.go_down();
    api.objects().restore(backup);
    api.come_up();
    int told = 0;
    followed->history_lost = [&told] { ++told; };
    ASSERT_TRUE(catches_up());
    EXPECT_EQ(collection.objects.size(), 1U);
    EXPECT_EQ(lists(), 2U);
    EXPECT_EQ(told, 1);
    EXPECT_THAT(log.text(), HasSubstr("the API server has lost history (was etcd restored from a backup?)"));
}

}  // namespace
