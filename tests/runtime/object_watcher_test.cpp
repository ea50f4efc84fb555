#include "runtime/object_watcher.hpp"

#include "fakes/kubernetes/server/fake_apiserver.hpp"
#include "kube/rest_client.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class view final : public runtime::object_view
{
public:
    void shown(kube::object_json object) override
    {
        heard.push_back(json::parse(object)["data"].value("clouds.yaml", ""));
    }
    void absent() override { heard.emplace_back("absent"); }
    void unreadable(const support::error& error) override { heard.push_back("unreadable: " + error.message); }
    bool awaited() const override { return waits; }

    std::vector<std::string> heard;
    bool waits = false;
};

class object_watcher : public test::loop
{
protected:
    object_watcher()
        : api(executor(), clock(), {{"", "v1", "secrets"}, "Secret", [](json&) {}}),
          credentials(
              config(),
              [](const std::string& path) { return support::fail(support::errc::invalid, path); },
              clock()
          ),
          client(kube::create_rest_client(api, clock(), credentials)),
          followed({{"", "v1", "secrets"}, "shop", "cloud"}, *client, clock(), random, 10min, budget, secret)
    {}

    static kube::config config()
    {
        kube::config config;
        config.server = net::parse_url("http://127.0.0.1:8001").value();
        return config;
    }

    void start()
    {
        stop = spawn(followed.run());
        step();
    }

    void TearDown() override
    {
        stop();
        step();
        loop::TearDown();
    }

    void create(const std::string& text, const std::string& name = "cloud")
    {
        ASSERT_TRUE(api.objects().create(
            {{"metadata", {{"name", name}, {"namespace", "shop"}}}, {"data", {{"clouds.yaml", text}}}}
        ));
        step();
    }
    void change(const std::string& text)
    {
        ASSERT_TRUE(api.objects().patch("shop", "cloud", "", {{"data", {{"clouds.yaml", text}}}}));
        step();
    }
    void remove()
    {
        ASSERT_TRUE(api.objects().remove("shop", "cloud"));
        step();
    }

    support::random_engine random{7};
    test::fake_apiserver api;
    kube::credentials credentials;
    std::unique_ptr<kube::client> client;
    view secret;
    runtime::object_budget budget{{.open_watches = 1, .reads_at_once = 1}};
    runtime::object_watcher followed;
    std::function<void()> stop;
};

TEST_F(object_watcher, sees_its_object_as_it_is_and_as_it_becomes)
{
    create("first");
    create("of another", "other");
    start();
    EXPECT_THAT(secret.heard, ElementsAre("first"));
    change("second");
    remove();
    create("third");
    create("of one more", "one-more");
    EXPECT_THAT(secret.heard, ElementsAre("first", "second", "absent", "third"));
}

TEST_F(object_watcher, asks_for_its_one_name_alone)
{
    create("first");
    start();
    ASSERT_EQ(api.requests().size(), 2U);
    EXPECT_EQ(api.requests()[0].verb, "get");
    EXPECT_EQ(api.requests()[0].name, "cloud");
    EXPECT_EQ(api.requests()[1].verb, "watch");
    EXPECT_EQ(api.requests()[1].name_space, "shop");
    EXPECT_EQ(api.requests()[1].asked("fieldSelector"), "metadata.name=cloud");
}

TEST_F(object_watcher, misses_nothing_that_is_created_between_its_read_and_its_watch)
{
    api.on_request = [this](const test::api_request& asked) -> std::optional<test::api_fault> {
        if (asked.verb == "watch" && api.objects().size() == 0)
        {
            create("just now");
        }
        return std::nullopt;
    };
    start();
    EXPECT_THAT(secret.heard, ElementsAre("absent", "just now"));
}

TEST_F(object_watcher, that_may_not_watch_reads_again_seldom)
{
    api.denied = {"watch"};
    create("first");
    start();
    advance(1h);
    EXPECT_LT(api.count("get"), 14U) << "soon at first, then once in ten minutes";
    const auto before = api.count("get");
    change("second");
    EXPECT_THAT(std::set(secret.heard.begin(), secret.heard.end()), ElementsAre("first"));
    advance(13min);
    EXPECT_EQ(secret.heard.back(), "second");
    EXPECT_LE(api.count("get") - before, 2U);
}

TEST_F(object_watcher, that_may_not_watch_at_first_watches_soon)
{
    api.denied = {"watch"};
    create("first");
    start();
    api.denied.clear();
    advance(37s);
    EXPECT_EQ(api.open_watches(), 1U);
}

TEST_F(object_watcher, reads_when_it_is_told_to_with_a_watch_and_without)
{
    create("first");
    start();
    followed.read_now();
    step();
    EXPECT_EQ(api.count("get"), 2U);
    EXPECT_EQ(api.open_watches(), 1U);
    api.denied = {"watch"};
    api.end_watches();
    advance(10min);
    const auto before = api.count("get");
    followed.read_now();
    step();
    EXPECT_EQ(api.count("get"), before + 1);
}

TEST_F(object_watcher, a_frozen_server_behind_a_living_connection_is_noticed)
{
    create("first");
    start();
    advance(61s);  // a bookmark
    api.watches().frozen = true;
    change("second");
    advance(148s);
    EXPECT_EQ(secret.heard.back(), "first");
    api.watches().frozen = false;  // for new watches; this one stays as it is
    advance(5s);
    EXPECT_EQ(secret.heard.back(), "second");
    EXPECT_EQ(api.open_watches(), 1U);
}

TEST_F(object_watcher, waits_as_long_as_the_server_asks)
{
    create("first");
    auto busy = test::api_fault::with(test::statuses::too_many_requests());
    busy.answer.headers = {{"Content-Type", "application/json"}, {"Retry-After", "20"}};
    api.on_request = [&](const test::api_request&) { return std::optional(busy); };
    start();
    advance(19s);
    EXPECT_EQ(api.count("get"), 1U);
    advance(2s);
    EXPECT_EQ(api.count("get"), 2U);
}

// ---- several watchers ----

class crowd : public object_watcher
{
protected:
    void follow(const std::string& name, bool waits = false)
    {
        view& seen = views.emplace_back();
        seen.waits = waits;
        auto& next = others.emplace_back(std::make_unique<runtime::object_watcher>(
            runtime::object_watcher::scope{{"", "v1", "secrets"}, "shop", name},
            *client,
            clock(),
            random,
            10min,
            budget,
            seen
        ));
        stops.push_back(spawn(next->run()));
        step();
    }

    void TearDown() override
    {
        for (const auto& end : stops)
        {
            end();
        }
        step();
        object_watcher::TearDown();
    }

    std::deque<view> views;
    std::vector<std::unique_ptr<runtime::object_watcher>> others;
    std::vector<std::function<void()>> stops;
};

TEST_F(crowd, without_a_place_an_object_is_read_once_in_a_period)
{
    create("first");
    start();
    create("of b", "b");
    follow("b");
    EXPECT_EQ(api.open_watches(), 1U);
    ASSERT_TRUE(api.objects().patch("shop", "b", "", {{"data", {{"clouds.yaml", "changed"}}}}));
    advance(7min);
    EXPECT_THAT(views[0].heard, ElementsAre("of b"));
    advance(6min);
    EXPECT_EQ(views[0].heard.back(), "changed");
}

TEST_F(crowd, the_object_that_changed_last_is_watched)
{
    create("first");
    start();
    create("of b", "b");
    follow("b");
    ASSERT_TRUE(api.objects().patch("shop", "b", "", {{"data", {{"clouds.yaml", "changed"}}}}));
    advance(13min);
    ASSERT_TRUE(api.objects().patch("shop", "b", "", {{"data", {{"clouds.yaml", "again"}}}}));
    step();
    EXPECT_EQ(views[0].heard.back(), "again") << "it is watched now";
    EXPECT_EQ(api.open_watches(), 1U);
    change("second");
    advance(13min);
    EXPECT_EQ(secret.heard.back(), "second") << "the other is read";
}

TEST_F(crowd, an_object_that_is_awaited_is_watched)
{
    create("first");
    start();
    create("of b", "b");
    follow("b", true);
    ASSERT_TRUE(api.objects().patch("shop", "b", "", {{"data", {{"clouds.yaml", "changed"}}}}));
    step();
    EXPECT_EQ(views[0].heard.back(), "changed");
    EXPECT_EQ(api.open_watches(), 1U);
}

TEST_F(crowd, reads_take_turns)
{
    create("first");
    std::size_t most = 0;
    api.on_request = [&](const test::api_request& asked) {
        most = std::max(most, api.held() + 1);
        return asked.verb == "get" ? std::optional(test::api_fault{test::api_fault::kind::hold_answer})
                                   : std::nullopt;
    };
    start();
    for (const char* name : {"b", "c", "d"})
    {
        create(name, name);
        follow(name);
    }
    for (int i = 0; i < 4; ++i)
    {
        EXPECT_EQ(api.held(), 1U);
        api.release();
        step();
    }
    EXPECT_EQ(most, 1U);
    for (const auto& seen : views)
    {
        EXPECT_EQ(seen.heard.size(), 1U);
    }
}

TEST_F(object_watcher, that_may_not_watch_reads_again_soon_while_it_is_awaited)
{
    api.denied = {"watch"};
    create("first");
    start();
    advance(1h);
    const auto before = api.count("get");
    secret.waits = true;
    change("second");
    advance(31s);
    EXPECT_EQ(secret.heard.back(), "second");
    advance(31s);
    EXPECT_EQ(api.count("get"), before + 2);
    api.denied.clear();
    advance(31s);
    change("third");
    EXPECT_EQ(secret.heard.back(), "third") << "it is watched once that is granted";
}

TEST_F(object_watcher, that_may_not_even_read_says_so_until_it_may)
{
    api.denied = {"get", "watch"};
    secret.waits = true;
    create("first");
    start();
    ASSERT_EQ(secret.heard.size(), 1U);
    EXPECT_THAT(secret.heard[0], HasSubstr("unreadable: 403 Forbidden"));
    api.denied.clear();
    advance(31s);
    EXPECT_EQ(secret.heard.back(), "first");
}

TEST_F(object_watcher, a_server_that_is_down_is_asked_again_with_backoff)
{
    create("first");
    start();
    api.go_down();
    advance(5min);
    const auto asked = secret.heard.size();
    EXPECT_GT(asked, 5U);
    EXPECT_LT(asked, 30U);
    api.come_up();
    advance(1min);
    change("second");
    EXPECT_EQ(secret.heard.back(), "second");
}

TEST_F(object_watcher, a_watch_that_ends_is_begun_again)
{
    create("first");
    start();
    advance(10s);
    api.end_watches();
    step();
    change("second");
    api.cut_watches();
    advance(2s);
    change("third");
    EXPECT_EQ(secret.heard.back(), "third");
}

TEST_F(object_watcher, a_watch_that_has_shown_something_is_begun_again_soon_however_often_it_is_cut)
{
    create("first");
    start();
    for (int i = 0; i < 8; ++i)
    {
        change(std::to_string(i));
        api.cut_watches();
        advance(2s);
        EXPECT_EQ(api.open_watches(), 1U) << i;
    }
}

TEST_F(object_watcher, a_watch_that_is_cut_for_its_silence_is_begun_again_soon_however_often_that_happens)
{
    create("first");
    start();
    for (int i = 0; i < 8; ++i)
    {
        advance(35s);
        api.cut_watches();
        advance(2s);
        EXPECT_EQ(api.open_watches(), 1U) << i;
    }
}

TEST_F(object_watcher, watches_that_are_cut_at_once_are_no_hot_loop)
{
    create("first");
    start();
    for (int i = 0; i < 150; ++i)
    {
        api.cut_watches();
        advance(2s);
    }
    EXPECT_LT(api.count("watch"), 20U);
}

TEST_F(object_watcher, a_history_that_is_lost_is_no_trouble)
{
    create("first");
    start();
    api.hold_events();
    change("second");
    api.compact();
    api.cut_watches();
    api.release_events();
    advance(5s);
    EXPECT_EQ(secret.heard.back(), "second");
}

}  // namespace
