// The lists of a watcher: pages, and what goes wrong in the middle of one.
#include "runtime/watcher_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using json = nlohmann::json;
using test::lines;
using test::watcher;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST_F(watcher, lists_everything_in_pages_and_follows_from_there)
{
    create_many(1201);
    start();
    EXPECT_EQ(lists(), 3U);
    EXPECT_THAT(collection.heard, ElementsAre("began", "ended"));
    EXPECT_EQ(collection.objects, truth());
    create("a");
    change("a", "1");
    ASSERT_TRUE(api.objects().remove("shop", "a"));
    step();
    EXPECT_THAT(collection.heard, ElementsAre("began", "ended", "a@1402", "a@1403", "a gone"));
    EXPECT_EQ(lists(), 3U);
    EXPECT_EQ(api.count("watch"), 1U);
}

TEST_F(watcher, keeps_to_its_namespace)
{
    create("a", "shop");
    create("b", "other");
    start("shop");
    create("c", "shop");
    create("d", "other");
    EXPECT_THAT(collection.objects, UnorderedElementsAre(Pair("a", "201"), Pair("c", "203")));
}

TEST_F(watcher, what_changed_while_a_list_went_on_comes_with_the_watch)
{
    create_many(600);
    bool changed = false;
    api.on_request = [&](const test::api_request& asked) -> std::optional<test::api_fault> {
        if (!asked.asked("continue").empty() && !std::exchange(changed, true))
        {
            EXPECT_TRUE(api.objects().remove("shop", "n10001"));
            EXPECT_TRUE(api.objects().remove("shop", "n10599"));
            EXPECT_TRUE(api.objects().create(
                {{"metadata", {{"name", "n10000a"}, {"namespace", "shop"}}}, {"spec", json::object()}}
            ));
        }
        return std::nullopt;
    };
    start();
    EXPECT_TRUE(changed);
    EXPECT_EQ(collection.objects, truth());
}

TEST_F(watcher, a_list_whose_token_expires_begins_again_and_is_never_taken_for_a_whole_one)
{
    create_many(600);
    bool expired = false;
    api.on_request = [&](const test::api_request& asked) -> std::optional<test::api_fault> {
        if (!asked.asked("continue").empty() && !std::exchange(expired, true))
        {
            api.compact();
        }
        return std::nullopt;
    };
    start();
    EXPECT_THAT(collection.heard, ElementsAre("began"));
    ASSERT_TRUE(catches_up());
    EXPECT_THAT(collection.heard, ElementsAre("began", "began", "ended"));
    EXPECT_THAT(log.text(), IsEmpty()) << "that happens";
}

TEST_F(watcher, a_page_that_fails_is_asked_for_again)
{
    create_many(600);
    int failures = 3;
    api.on_request = [&](const test::api_request& asked) -> std::optional<test::api_fault> {
        if (!asked.asked("continue").empty() && failures-- > 0)
        {
            return test::api_fault{test::api_fault::kind::cut_answer};
        }
        return std::nullopt;
    };
    start();
    ASSERT_TRUE(catches_up());
    EXPECT_EQ(lists(), 5U) << "the first page once";
    EXPECT_THAT(collection.heard, ElementsAre("began", "ended"));
}

// A tenant that may write objects in one namespace must not make all objects unreadable.
TEST_F(watcher, objects_too_large_for_a_page_are_listed_in_smaller_ones)
{
    for (int i = 0; i < 40; ++i)
    {
        ASSERT_TRUE(api.objects().create(
            {{"metadata",
              {{"name", "n" + std::to_string(i)},
               {"namespace", "shop"},
               {"annotations", {{"a", std::string(500 << 10, 'x')}}}}},
             {"spec", json::object()}}
        ));
    }
    start();
    EXPECT_EQ(collection.objects, truth());
    EXPECT_EQ(lines(log.text(), "the next list asks for fewer objects at a time; trying again"), 1U)
        << log.text();
    std::vector<std::string> limits;
    for (const auto& request : api.requests())
    {
        if (request.verb == "list")
        {
            limits.push_back(request.asked("limit"));
        }
    }
    EXPECT_THAT(limits, ElementsAre("500", "125", "31", "31"));
}

}  // namespace
