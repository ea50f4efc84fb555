#include "app/rights_check.hpp"

#include "fakes/kubernetes/unasked_kube.hpp"
#include "support/log.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class review final : public kube::object_answer
{
public:
    explicit review(std::string text) : text_(std::move(text)) {}
    kube::object_json object() const override { return text_; }

private:
    std::string text_;
};

// An API server that answers reviews alone.
class reviewer final : public test::unasked_kube
{
public:
    support::task<support::result<std::unique_ptr<kube::object_answer>>> create(kube::create_request request
    ) override
    {
        const json asked = json::parse(request.object)["spec"]["resourceAttributes"];
        EXPECT_EQ(request.resource.group, "authorization.k8s.io");
        EXPECT_EQ(request.resource.plural, "selfsubjectaccessreviews");
        EXPECT_EQ(request.name_space, "");
        ++reviews;
        if (fails)
        {
            co_return support::fail(support::errc::unreachable, "away");
        }
        const std::string name = asked.value("verb", "") + " " + asked.value("resource", "") + "/" +
                                 asked.value("subresource", "") + " " + asked.value("namespace", "*") +
                                 (asked.contains("name") ? " " + asked.value("name", "") : "");
        groups.insert(asked.value("group", ""));
        co_return std::make_unique<review>(json{{"status", {{"allowed", !denied.contains(name)}}}}.dump());
    }

    std::set<std::string> denied;
    std::set<std::string> groups;
    bool fails = false;
    int reviews = 0;
};

class rights_check : public test::loop
{
protected:
    void start(std::vector<std::string> namespaces)
    {
        check = std::make_unique<app::rights_check>(
            executor(), server, clock(), app::rights_of_controller(namespaces)
        );
        stop = spawn(check->run());
        step();
    }
    void TearDown() override
    {
        stop();
        test::loop::TearDown();
    }

    reviewer server;
    std::unique_ptr<app::rights_check> check;
    std::function<void()> stop;
    support::log_capture log;
};

TEST_F(rights_check, says_nothing_where_nothing_is_missing)
{
    start({});
    EXPECT_EQ(server.reviews, 5);
    EXPECT_THAT(server.groups, ElementsAre("certificates.bycloud.io", "events.k8s.io"));
    EXPECT_EQ(check->missing(), "");
    EXPECT_THAT(log.text(), IsEmpty());
    advance(1h);
    EXPECT_EQ(server.reviews, 5) << "it asks once";
}

TEST_F(rights_check, names_what_is_missing_in_one_line)
{
    server.denied = {"patch certificatebindings/status shop", "create events/ web"};
    start({"shop", "web"});
    EXPECT_EQ(
        check->missing(), "patch certificatebindings/status in namespace shop, create events in namespace web"
    );
    EXPECT_THAT(log.text(), HasSubstr("the controller lacks rights; grant them to its account"));
    EXPECT_THAT(log.text(), HasSubstr("missing=\"patch certificatebindings/status in namespace shop"));
    EXPECT_EQ(std::ranges::count(log.text(), '\n'), 1);
}

TEST_F(rights_check, looks_again_after_a_doubt_at_most_once_a_minute)
{
    start({});
    server.denied = {"patch certificatebindings/ *"};
    for (int i = 0; i < 100; ++i)
    {
        check->doubt();
        advance(500ms);
    }
    EXPECT_EQ(server.reviews, 5);
    advance(11s);
    EXPECT_EQ(server.reviews, 10);
    EXPECT_EQ(check->missing(), "patch certificatebindings in all namespaces");
    server.denied.clear();
    check->doubt();
    advance(1min);
    EXPECT_EQ(check->missing(), "");
    EXPECT_THAT(log.text(), HasSubstr("the controller has all rights that it needs"));
}

TEST_F(rights_check, a_server_that_does_not_say_changes_nothing)
{
    server.denied = {"list certificatebindings/ *"};
    start({});
    server.fails = true;
    check->doubt();
    advance(2min);
    EXPECT_EQ(check->missing(), "list certificatebindings in all namespaces");
}

TEST_F(rights_check, those_of_a_candidate_are_on_one_lease)
{
    server.denied = {"watch leases/ system controller", "create leases/ system"};
    check = std::make_unique<app::rights_check>(
        executor(), server, clock(), app::rights_of_candidate("system", "controller")
    );
    stop = spawn(check->run());
    step();
    EXPECT_EQ(server.reviews, 4);
    EXPECT_THAT(server.groups, ElementsAre("coordination.k8s.io"));
    EXPECT_EQ(
        check->missing(), "create leases in namespace system, watch leases controller in namespace system"
    );
}

TEST_F(rights_check, names_ten_and_counts_the_others)
{
    std::vector<std::string> namespaces;
    for (int i = 0; i < 12; ++i)
    {
        namespaces.push_back("n" + std::to_string(i));
        server.denied.insert("list certificatebindings/ " + namespaces.back());
    }
    start(namespaces);
    EXPECT_THAT(check->missing(), testing::EndsWith("list certificatebindings in namespace n9 and 2 more"));
}

}  // namespace
