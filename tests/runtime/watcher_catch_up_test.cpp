// Catching up: a list tells what the watch has not shown yet.
#include "runtime/watcher_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace {

using namespace std::chrono_literals;
using test::watcher;
using testing::ElementsAre;

TEST_F(watcher, has_caught_up_where_the_watch_lags_behind_nothing)
{
    create("a");
    start();
    run(followed->catch_up());
    EXPECT_EQ(lists(), 2U);
    EXPECT_EQ(std::ranges::count(collection.heard, "began"), 1) << "nothing is taken from the list";
}

TEST_F(watcher, waits_for_what_a_lagging_watch_has_not_shown)
{
    create("a");
    collection.knows_versions = true;
    start();
    api.hold_events();
    create("b");
    bool done = false;
    const auto catch_up = [](runtime::watcher& one, bool& ended) -> support::task<> {
        co_await one.catch_up();
        ended = true;
    };
    spawn(catch_up(*followed, done));
    advance(5s);
    EXPECT_FALSE(done);
    EXPECT_FALSE(collection.objects.contains("b"));
    api.release_events();
    advance(100ms);
    EXPECT_TRUE(done);
    EXPECT_TRUE(collection.objects.contains("b"));
}

TEST_F(watcher, lists_everything_where_the_watch_does_not_show_it_at_all)
{
    create("a");
    collection.knows_versions = true;
    start();
    api.hold_events();
    create("b");
    run(followed->catch_up());
    EXPECT_TRUE(collection.objects.contains("b"));
    EXPECT_EQ(std::ranges::count(collection.heard, "began"), 2);
    EXPECT_EQ(followed->restarted().missed, 1U);
}

TEST_F(watcher, catches_up_by_its_first_list)
{
    create("a");
    bool done = false;
    const auto catch_up = [](std::unique_ptr<runtime::watcher>& one, bool& ended) -> support::task<> {
        co_await one->catch_up();
        ended = true;
    };
    api.go_down();
    start();
    spawn(catch_up(followed, done));
    advance(10s);
    EXPECT_FALSE(done);
    api.come_up();
    ASSERT_TRUE(run_until([&] { return done; }, 1min));
    EXPECT_TRUE(collection.objects.contains("a"));
}

TEST_F(watcher, waits_for_nothing_that_may_not_be_listed)
{
    api.denied = {"list"};
    start();
    run(followed->catch_up());
    EXPECT_THAT(collection.heard, ElementsAre("began", "forbidden"));
}

TEST_F(watcher, waits_for_nothing_where_the_right_to_list_is_gone_and_the_watch_is_open)
{
    create("a");
    start();
    api.denied = {"list"};
    run(followed->catch_up());
    EXPECT_EQ(api.open_watches(), 1U);
}

TEST_F(watcher, a_list_to_catch_up_that_fails_is_repeated_soon)
{
    create("a");
    start();
    api.on_request = [](const test::api_request& request) -> std::optional<test::api_fault> {
        return request.verb == "list" ? std::optional(test::api_fault{test::api_fault::kind::cut_request, {}})
                                      : std::nullopt;
    };
    bool done = false;
    const auto catch_up = [](runtime::watcher& one, bool& ended) -> support::task<> {
        co_await one.catch_up();
        ended = true;
    };
    spawn(catch_up(*followed, done));
    advance(5s);
    EXPECT_FALSE(done);
    api.on_request = nullptr;
    advance(1100ms);
    EXPECT_TRUE(done);
}

}  // namespace
