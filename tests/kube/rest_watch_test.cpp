#include "kube/rest_watch.hpp"

#include "kube/rest_client_fixture.hpp"

#include <gmock/gmock.h>

namespace {

using namespace std::chrono_literals;
using support::errc;
using test::rest_client;

TEST_F(rest_client, watches_from_a_version_until_the_server_ends_it)
{
    auto stream = watch("200");
    ASSERT_TRUE(stream) << stream.error().message;
    create("a");
    auto event = run((*stream)->next());
    ASSERT_TRUE(event && *event);
    EXPECT_EQ((*event)->type, kube::watch_event_type::added);
    EXPECT_EQ((*event)->resource_version, "201");
    EXPECT_EQ(kube::identify((*event)->object).name, "a");
    event = run((*stream)->next());
    ASSERT_TRUE(event && *event);
    EXPECT_EQ((*event)->type, kube::watch_event_type::bookmark);
    api.end_watches();
    event = run((*stream)->next());
    ASSERT_TRUE(event);
    EXPECT_FALSE(*event);
    EXPECT_EQ(api.requests().back().asked("allowWatchBookmarks"), "true");
    EXPECT_EQ(api.requests().back().asked("timeoutSeconds"), "300");
}

TEST_F(rest_client, a_watch_gives_the_same_in_pieces_of_any_size)
{
    api.watches().largest_piece = 1;
    auto stream = watch("200");
    create("a");
    create("b");
    for (const char* name : {"a", "b"})
    {
        const auto event = run((*stream)->next());
        ASSERT_TRUE(event && *event);
        EXPECT_EQ(kube::identify((*event)->object).name, name);
    }
}

TEST_F(rest_client, a_watch_that_is_cut_is_interrupted_wherever_that_was)
{
    create("a");
    const auto line =
        std::string(R"({"type":"ADDED","object":)") + api.objects().find("shop", "a")->dump() + "}\n";
    for (std::size_t bytes = 0; bytes < line.size(); bytes += 7)
    {
        auto stream = watch("200");
        api.cut_watches(bytes);
        const auto event = run((*stream)->next());
        ASSERT_FALSE(event) << bytes;
        EXPECT_EQ(event.error().code, errc::interrupted);
    }
}

TEST_F(rest_client, a_watch_that_ends_within_an_event_was_cut)
{
    auto stream = watch("200");
    api.say_to_watches(R"({"type":"ADDED","obj)");
    api.end_watches();
    const auto event = run((*stream)->next());
    ASSERT_FALSE(event);
    EXPECT_EQ(event.error().code, errc::interrupted);
}

TEST_F(rest_client, a_watch_that_the_server_forgets_to_end_was_cut)
{
    api.watches().forgets_to_end = true;
    auto stream = watch("200");
    const auto opened = clock().now();
    EXPECT_EQ(run((*stream)->next()).error().code, errc::interrupted);
    EXPECT_EQ(clock().now(), opened + 310s);
}

}  // namespace
