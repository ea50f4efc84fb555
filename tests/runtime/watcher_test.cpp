#include "runtime/watcher.hpp"

#include "fakes/kubernetes/server/fake_apiserver.hpp"
#include "kube/rest_client.hpp"
#include "support/log.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace {

using namespace std::chrono_literals;
using json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

// The content of a store: names with versions. A list counts only when it is complete.
class sink final : public runtime::object_sink
{
public:
    void list_began() override
    {
        listed_.clear();
        heard.emplace_back("began");
    }
    void listed(kube::object_json object) override { listed_.insert(entry(object)); }
    void list_ended() override
    {
        objects = listed_;
        heard.emplace_back("ended");
    }
    void list_forbidden() override { heard.emplace_back("forbidden"); }
    void changed(kube::object_json object) override
    {
        const auto [name, version] = entry(object);
        objects[name] = version;
        heard.push_back(name + "@" + version);
    }
    void deleted(kube::object_json object) override
    {
        objects.erase(entry(object).first);
        heard.push_back(entry(object).first + " gone");
    }

    std::size_t missed(const std::vector<runtime::listed_object>& listed, std::uint64_t version) override
    {
        compared = std::to_string(listed.size()) + " at " + std::to_string(version);
        const auto unseen = static_cast<std::size_t>(std::ranges::count_if(listed, [&](const auto& one) {
            return one.version > newest_;
        }));
        return std::exchange(to_miss, 0) + (knows_versions ? unseen : 0);
    }

    std::map<std::string, std::string> objects;
    std::vector<std::string> heard;
    std::string compared;  // "2 at 204"
    std::size_t to_miss = 0;
    bool knows_versions = false;  // misses what is newer than all that it has seen

private:
    std::pair<std::string, std::string> entry(kube::object_json object)
    {
        const auto identity = kube::identify(object);
        newest_ = std::max(newest_, static_cast<std::uint64_t>(std::stoull(identity.resource_version)));
        return {identity.name, identity.resource_version};
    }

    std::map<std::string, std::string> listed_;
    std::uint64_t newest_ = 0;
};

class watcher : public test::loop
{
protected:
    watcher()
        : api(executor(), clock()),
          credentials(
              config(),
              [](const std::string& path) { return support::fail(support::errc::invalid, path); },
              clock()
          ),
          client(kube::create_rest_client(api, clock(), credentials))
    {}

    static kube::config config()
    {
        kube::config config;
        config.server = net::parse_url("http://127.0.0.1:8001").value();
        return config;
    }

    void start(const std::string& name_space = "")
    {
        followed = std::make_unique<runtime::watcher>(
            runtime::watcher::scope{
                api.objects().kind().resource, name_space, "install it with kubectl apply -f crds/"
            },
            *client,
            clock(),
            random,
            collection
        );
        stop = spawn(followed->run());
        step();
    }

    // Cancels the watcher, and returns how many requests it sends afterwards.
    std::size_t requests_after_stop()
    {
        std::exchange(stop, nullptr)();
        const auto before = api.requests().size();
        step();
        advance(1h);
        return api.requests().size() - before;
    }

    void TearDown() override
    {
        if (stop)
        {
            stop();
        }
        test::loop::TearDown();
    }

    void create(const std::string& name, const std::string& name_space = "shop")
    {
        ASSERT_TRUE(api.objects().create(
            {{"metadata", {{"name", name}, {"namespace", name_space}}}, {"spec", json::object()}}
        ));
        step();
    }

    void change(const std::string& name, const std::string& value)
    {
        ASSERT_TRUE(api.objects().patch("shop", name, "", {{"metadata", {{"labels", {{"n", value}}}}}}));
        step();
    }

    void create_many(int count)
    {
        for (int i = 0; i < count; ++i)
        {
            create("n" + std::to_string(10000 + i));
        }
    }

    std::map<std::string, std::string> truth()
    {
        std::map<std::string, std::string> all;
        for (const auto& object : api.objects().list("", 0, "")->items)
        {
            const json& metadata = (*object)["metadata"];
            all[metadata["name"].get<std::string>()] = metadata["resourceVersion"].get<std::string>();
        }
        return all;
    }

    // The lists of whole objects; not those that ask for the version alone.
    std::size_t lists() const
    {
        return static_cast<std::size_t>(std::ranges::count_if(api.requests(), [](const auto& request) {
            return request.verb == "list" && request.asked("limit") != "1";
        }));
    }

    [[nodiscard]] bool catches_up(support::duration within = 2min)
    {
        return run_until([this] { return collection.objects == truth(); }, within);
    }

    support::log_capture log;
    support::random_engine random{7};
    test::fake_apiserver api;
    kube::credentials credentials;
    std::unique_ptr<kube::client> client;
    sink collection;
    std::unique_ptr<runtime::watcher> followed;
    std::function<void()> stop;
};

std::size_t lines(const std::string& text, const std::string& with)
{
    std::size_t count = 0;
    for (auto at = text.find(with); at != std::string::npos; at = text.find(with, at + 1))
    {
        ++count;
    }
    return count;
}

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

// ---- catch_up ----

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

// ---- its end ----

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

// ---- log lines ----

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
