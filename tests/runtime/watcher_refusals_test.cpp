// What the API server refuses: kinds that it does not serve, rights, credentials, too many requests.
#include "runtime/watcher_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

namespace {

using namespace std::chrono_literals;
using test::lines;
using test::watcher;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(watcher, a_server_that_took_a_right_away_and_gave_it_back_needs_no_list)
{
    create("a");
    start();
    api.denied = {"watch"};
    api.cut_watches();
    advance(1h);
    create("b");
    api.denied = {};
    ASSERT_TRUE(catches_up(1min));
    EXPECT_EQ(lists(), 1U);
}

TEST_F(watcher, a_server_that_is_asked_too_much_is_left_alone_as_long_as_it_wants)
{
    start();
    int refusals = 3;
    api.on_request = [&](const test::api_request&) -> std::optional<test::api_fault> {
        return refusals-- > 0 ? std::optional(test::api_fault::with(test::statuses::too_many_requests()))
                              : std::nullopt;
    };
    advance(10s);
    api.end_watches();
    const auto ended = clock().now();
    create("a");
    ASSERT_TRUE(catches_up());
    EXPECT_GE(clock().now() - ended, 3s);
    EXPECT_EQ(lists(), 1U);
}

TEST_F(watcher, without_the_crd_it_says_how_to_install_it_and_goes_on_when_it_is_there)
{
    api.set_served(false);
    start();
    advance(5min);
    EXPECT_EQ(
        lines(
            log.text(),
            "cannot list certificatebindings.certificates.bycloud.io: 404; install it with kubectl apply -f "
            "crds/; trying again"
        ),
        1U
    ) << log.text();
    EXPECT_LE(api.requests().size(), 25U);
    api.set_served(true);
    create("a");
    ASSERT_TRUE(catches_up(46s));
    EXPECT_EQ(lines(log.text(), "watching certificatebindings again"), 1U) << log.text();
}

TEST_F(watcher, a_crd_that_goes_and_comes_back_needs_no_restart)
{
    create("a");
    start();
    ASSERT_TRUE(api.objects().remove("shop", "a"));
    api.set_served(false);
    advance(1min);
    api.compact();  // a new history of the server
    api.set_served(true);
    create("b");
    ASSERT_TRUE(catches_up());
}

TEST_F(watcher, without_a_right_it_names_verb_and_scope_once)
{
    api.denied = {"list"};
    start("shop");
    advance(3min);
    EXPECT_EQ(lines(log.text(), "cannot list resource"), 1U) << log.text();
    EXPECT_THAT(
        log.text(),
        HasSubstr("grant the verb list on certificatebindings.certificates.bycloud.io in namespace shop")
    );
    api.denied = {"watch"};
    advance(3min);
    EXPECT_EQ(
        lines(
            log.text(),
            "grant the verb watch on certificatebindings.certificates.bycloud.io in namespace shop"
        ),
        1U
    ) << log.text();
    EXPECT_EQ(lines(log.text(), "following"), 0U) << log.text();
    api.denied = {};
    advance(1min);
    EXPECT_EQ(lines(log.text(), "watching certificatebindings again"), 1U) << log.text();
}

TEST_F(watcher, a_forbidden_list_is_told_to_the_sink_and_no_other_failure_is)
{
    api.denied = {"list"};
    start("shop");
    EXPECT_THAT(collection.heard, ElementsAre("began", "forbidden"));
    api.denied = {};
    api.set_served(false);
    advance(1min);
    api.go_down();
    advance(1min);
    EXPECT_EQ(std::ranges::count(collection.heard, "forbidden"), 1);
    EXPECT_GT(std::ranges::count(collection.heard, "began"), 3);
}

TEST_F(watcher, refused_credentials_are_told)
{
    api.token = "another";
    start();
    EXPECT_THAT(log.text(), HasSubstr("401 Unauthorized; the server refuses the credentials"));
}

}  // namespace
