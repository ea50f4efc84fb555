#include "app/unwatched_bindings.hpp"

#include "fakes/kubernetes/server/fake_apiserver.hpp"
#include "kube/rest_client.hpp"
#include "support/log.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class unwatched_bindings : public test::loop
{
protected:
    unwatched_bindings()
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

    void start(std::vector<std::string> watched)
    {
        looker = std::make_unique<app::unwatched_bindings>(*client, clock(), watched);
        stop = spawn(looker->run());
        step();
    }

    void TearDown() override
    {
        stop();
        test::loop::TearDown();
    }

    void create(const std::string& name_space, const std::string& name = "web")
    {
        ASSERT_TRUE(api.objects().create(
            {{"metadata", {{"name", name}, {"namespace", name_space}}}, {"spec", json::object()}}
        ));
    }

    auto lines() const { return std::ranges::count(log.text(), '\n'); }

    test::fake_apiserver api;
    kube::credentials credentials;
    std::unique_ptr<kube::client> client;
    std::unique_ptr<app::unwatched_bindings> looker;
    std::function<void()> stop;
    support::log_capture log;
};

TEST_F(unwatched_bindings, are_counted_and_their_namespaces_named_once)
{
    create("shop");
    create("web");
    create("old", "a");
    create("old", "b");
    start({"web", "shop"});
    EXPECT_EQ(looker->count(), 2U);
    EXPECT_THAT(
        log.text(), HasSubstr("warning bindings in namespaces that this controller does not watch: 2, in ")
    );
    EXPECT_THAT(log.text(), HasSubstr(", in old; their status"));
    advance(5h);
    EXPECT_EQ(lines(), 1);
    EXPECT_EQ(api.count("list"), 6U) << "one an hour";
}

TEST_F(unwatched_bindings, that_come_later_are_found_within_an_hour)
{
    create("shop");
    start({"shop"});
    EXPECT_EQ(looker->count(), 0U);
    EXPECT_EQ(lines(), 0);
    create("old");
    advance(61min);
    EXPECT_EQ(looker->count(), 1U);
    EXPECT_EQ(lines(), 1);
}

TEST_F(unwatched_bindings, of_many_namespaces_are_all_counted_and_ten_are_named)
{
    for (int i = 0; i < 600; ++i)
    {
        create("old-" + std::to_string(1000 + i));
    }
    start({"shop"});
    EXPECT_EQ(looker->count(), 600U) << "on two pages";
    EXPECT_THAT(log.text(), HasSubstr("old-1009 and others; their status"));
    EXPECT_THAT(log.text(), Not(HasSubstr("old-1010")));
}

TEST_F(unwatched_bindings, that_may_not_be_listed_are_not_known_and_that_is_said_once)
{
    api.denied = {"list"};
    create("old");
    start({"shop"});
    advance(5h);
    EXPECT_EQ(looker->count(), std::nullopt);
    EXPECT_THAT(log.text(), HasSubstr("info bindings of namespaces that are not watched cannot be counted"));
    EXPECT_EQ(lines(), 1);
    api.denied = {};
    advance(1h);
    EXPECT_EQ(looker->count(), 1U);
}

TEST_F(unwatched_bindings, are_counted_when_the_server_is_back)
{
    create("old");
    api.go_down();
    start({"shop"});
    EXPECT_EQ(looker->count(), std::nullopt);
    api.come_up();
    advance(1min);
    EXPECT_EQ(looker->count(), 1U);
}

TEST_F(unwatched_bindings, are_counted_when_the_definition_is_there)
{
    create("old");
    api.set_served(false);
    start({"shop"});
    EXPECT_EQ(looker->count(), std::nullopt);
    EXPECT_EQ(log.text(), "") << "the watcher of the bindings says it";
    api.set_served(true);
    advance(1min);
    EXPECT_EQ(looker->count(), 1U);
}

TEST_F(unwatched_bindings, too_large_for_a_page_are_counted_in_smaller_ones)
{
    for (int i = 0; i < 40; ++i)
    {
        const json annotations{{"a", std::string(500 << 10, 'x')}};
        ASSERT_TRUE(api.objects().create(
            {{"metadata",
              {{"name", "n" + std::to_string(i)}, {"namespace", "old"}, {"annotations", annotations}}},
             {"spec", json::object()}}
        ));
    }
    start({"shop"});
    EXPECT_EQ(looker->count(), 40U);
}

TEST_F(unwatched_bindings, are_none_where_all_namespaces_are_watched)
{
    create("old");
    start({""});
    EXPECT_EQ(looker->count(), 0U);
    EXPECT_EQ(api.count("list"), 0U);
}

TEST_F(unwatched_bindings, are_asked_for_by_their_metadata_and_without_the_watched_ones)
{
    kube::list_request asked;
    class recorder final : public kube::client
    {
    public:
        explicit recorder(kube::list_request& asked) : asked_(asked) {}
        support::task<support::result<std::unique_ptr<kube::list_page>>> list(kube::list_request request
        ) override
        {
            asked_ = request;
            co_return support::fail(support::errc::unreachable, "no answer");
        }
        support::task<support::result<std::unique_ptr<kube::watch_stream>>> watch(kube::watch_request
        ) override
        {
            throw std::logic_error("not asked for");
        }
        support::task<support::result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request
        ) override
        {
            throw std::logic_error("not asked for");
        }
        support::task<support::result<std::unique_ptr<kube::object_answer>>> create(kube::create_request
        ) override
        {
            throw std::logic_error("not asked for");
        }
        support::task<support::result<std::unique_ptr<kube::object_answer>>> get(
            kube::resource, std::string, std::string
        ) override
        {
            throw std::logic_error("not asked for");
        }
        support::task<support::result<std::unique_ptr<kube::object_answer>>> remove(kube::remove_request
        ) override
        {
            throw std::logic_error("not asked for");
        }

    private:
        kube::list_request& asked_;
    };
    client = std::make_unique<recorder>(asked);
    start({"web", "shop"});
    EXPECT_EQ(asked.name_space, "");
    EXPECT_TRUE(asked.metadata_only);
    EXPECT_LE(asked.limit, 500);
    EXPECT_EQ(asked.field_selector, "metadata.namespace!=shop,metadata.namespace!=web");
    stop();
    step();

    std::vector<std::string> many;
    for (int i = 0; i < 1000; ++i)
    {
        many.push_back("n" + std::to_string(i));
    }
    start(many);
    EXPECT_EQ(asked.field_selector, "") << "a URL has to stay short";
}

}  // namespace
