#include "runtime/watcher.hpp"

#include "runtime/watcher_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using json = nlohmann::json;
using test::lines;
using test::watcher;
using testing::ElementsAre;
using testing::Pair;

TEST_F(watcher, a_watch_that_ends_is_resumed_without_a_pause_and_without_a_list)
{
    start();
    create("a");
    advance(10s);
    const auto now = clock().now();
    api.end_watches();
    step();
    EXPECT_EQ(api.open_watches(), 1U);
    EXPECT_EQ(clock().now(), now);
    create("b");
    EXPECT_EQ(collection.objects, truth());
    EXPECT_EQ(lists(), 1U);
    EXPECT_EQ(api.requests().back().asked("resourceVersion"), "201");
}

TEST_F(watcher, bookmarks_move_the_version_on)
{
    start("shop");
    create("elsewhere", "other");
    advance(61s);
    api.end_watches();
    step();
    EXPECT_EQ(api.requests().back().asked("resourceVersion"), "201");
}

TEST_F(watcher, an_event_of_any_kind_moves_the_version_on)
{
    const auto resumed_from = [this] {
        advance(10s);
        api.end_watches();
        step();
        return api.requests().back().asked("resourceVersion");
    };
    start();
    create("a");
    EXPECT_EQ(resumed_from(), "201");
    change("a", "1");
    EXPECT_EQ(resumed_from(), "202");
    ASSERT_TRUE(api.objects().remove("shop", "a"));
    EXPECT_EQ(resumed_from(), "203");
}

TEST_F(watcher, each_watch_lasts_five_to_ten_minutes_at_random)
{
    start();
    advance(3h);
    std::set<int> seconds;
    for (const auto& request : api.requests())
    {
        if (request.verb == "watch")
        {
            seconds.insert(std::stoi(request.asked("timeoutSeconds")));
        }
    }
    EXPECT_GE(*seconds.begin(), 300);
    EXPECT_LE(*seconds.rbegin(), 600);
    EXPECT_GE(seconds.size(), 10U) << "not all watches of all processes come back at once";
}

TEST_F(watcher, nothing_is_lost_or_repeated_wherever_a_watch_is_cut)
{
    start();
    create("a");
    const auto length = api.objects().find("shop", "a")->dump().size() + 40;
    for (std::size_t bytes = 0; bytes < length; bytes += 5)
    {
        collection.heard.clear();
        api.cut_watches(bytes);
        change("a", std::to_string(bytes));
        ASSERT_TRUE(catches_up()) << bytes;
        advance(2s);
        ASSERT_EQ(collection.heard.size(), 1U) << bytes;
    }
    EXPECT_EQ(lists(), 1U);
}

TEST_F(watcher, watches_that_end_at_once_are_no_hot_loop)
{
    start();
    api.on_request = [&](const test::api_request&) {
        return std::optional(test::api_fault::with(200, "application/json", ""));
    };
    api.end_watches();
    const auto before = api.count("watch");
    for (int i = 0; i < 600; ++i)
    {
        advance(100ms);
        api.end_watches();
    }
    step();
    EXPECT_LE(api.count("watch") - before, 10U) << "in a minute";
}

TEST_F(watcher, text_that_is_no_event_is_left_and_told)
{
    start();
    api.say_to_watches("<html>\n");
    step();
    create("a");
    ASSERT_TRUE(catches_up());
    const auto text = log.text();
    EXPECT_EQ(lines(text, "a watch event is not"), 1U) << text;
    EXPECT_EQ(lines(text, "watching certificatebindings again"), 1U) << text;
    EXPECT_EQ(lists(), 1U);
}

TEST_F(watcher, an_error_within_a_watch_that_is_not_about_its_version_resumes_it)
{
    start();
    int number = 0;
    for (const char* const said : {
             R"({"kind":"Status","message":"etcd is away","reason":"InternalError","code":500})",
             R"({"kind":"Status","message":"slow","reason":"Timeout","code":504})",
             R"({"kind":"Status","message":"later","reason":"TooManyRequests","code":429})",
             R"({"kind":"Status","code":666})",
             R"({"kind":"Status","message":"no code"})",
             R"({"kind":"Pod","metadata":{"name":"no status"}})",
         })
    {
        api.say_to_watches(std::string(R"({"type":"ERROR","object":)") + said + "}\n");
        step();
        EXPECT_EQ(api.open_watches(), 0U) << said;
        create("n" + std::to_string(++number));
        EXPECT_FALSE(catches_up(0s)) << said << ": at once";
        ASSERT_TRUE(catches_up(5s)) << said;
        EXPECT_EQ(api.open_watches(), 1U) << said;
    }
    EXPECT_EQ(lists(), 1U);
}

// An administrator has removed an object that the server could not read: no watch can show that.
TEST_F(watcher, an_error_that_comes_with_every_watch_ends_in_a_list)
{
    create("a");
    create("unreadable");
    start();
    api.watches().lost = {api.objects().revision() + 1};
    ASSERT_TRUE(api.objects().remove("shop", "unreadable"));
    int watches = 0;
    while (lists() == 1 && ++watches < 20)
    {
        api.say_to_watches(
            R"({"type":"ERROR","object":{"kind":"Status","message":"failed to prepare current and previous )"
            R"(objects","reason":"StorageReadError","code":500}})"
            "\n"
        );
        step();
        ASSERT_TRUE(run_until([this] { return api.open_watches() == 1; }, 1min));
    }
    EXPECT_EQ(watches, 8);
    EXPECT_EQ(collection.objects, truth());
}

TEST_F(watcher, that_is_cancelled_ends_though_events_are_unread_and_takes_its_watch_along)
{
    start();
    create("a");
    api.watches().largest_piece = 1;
    ASSERT_TRUE(
        api.objects().create({{"metadata", {{"name", "b"}, {"namespace", "shop"}}}, {"spec", json::object()}})
    );
    EXPECT_EQ(requests_after_stop(), 0U);
    EXPECT_THAT(collection.objects, ElementsAre(Pair("a", "201")));
    followed.reset();
    EXPECT_EQ(api.open_watches(), 0U);
}

TEST_F(watcher, that_is_cancelled_during_a_list_or_a_pause_asks_for_nothing_more)
{
    create("a");
    for (const auto how : {test::api_fault::kind::swallow, test::api_fault::kind::cut_request})
    {
        api.on_request = [&](const test::api_request&) { return std::optional(test::api_fault{how}); };
        start();
        EXPECT_EQ(requests_after_stop(), 0U);
    }
    EXPECT_THAT(collection.heard, ElementsAre("began", "began"));
}

TEST_F(watcher, counts_what_ended_a_watch)
{
    const auto counts = [this] {
        const auto& restarts = followed->restarted();
        return std::vector{restarts.ended, restarts.failed, restarts.expired};
    };
    start();
    EXPECT_THAT(counts(), ElementsAre(0, 0, 0));
    advance(10s);
    api.end_watches();
    advance(10s);
    EXPECT_THAT(counts(), ElementsAre(1, 0, 0));
    api.cut_watches();
    step();
    EXPECT_THAT(counts(), ElementsAre(1, 1, 0));
    ASSERT_TRUE(catches_up());
    api.go_down();
    create("b");
    api.compact();
    api.come_up();
    ASSERT_TRUE(catches_up());
    EXPECT_EQ(counts().back(), 1U);
}

TEST_F(watcher, what_works_says_nothing)
{
    create("a");
    start();
    for (int i = 0; i < 50; ++i)
    {
        advance(17s);
        change("a", std::to_string(i));
        if (i % 7 == 0)
        {
            api.cut_watches();
        }
        if (i % 11 == 0)
        {
            api.end_watches();
        }
    }
    ASSERT_TRUE(catches_up());
    EXPECT_EQ(log.text(), "");
}

}  // namespace
