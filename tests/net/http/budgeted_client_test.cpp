#include "net/http/budgeted_client.hpp"

#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using support::errc;

// Answers after as long as the host of the request says.
class servers final : public net::http_client
{
public:
    explicit servers(support::clock& clock) : clock_(clock) {}

    support::task<support::result<net::http_response>> send(net::http_request request) override
    {
        ++asked[request.origin.host];
        co_await clock_.sleep_for(request.origin.host.starts_with("hangs") ? 30s : 100ms);
        co_return net::http_response{200, {}, {}};
    }

    support::task<support::result<std::unique_ptr<net::http_stream>>> open(net::http_request request) override
    {
        ++asked[request.origin.host];
        co_return std::unique_ptr<net::http_stream>();
    }

    std::map<std::string, int> asked;

private:
    support::clock& clock_;
};

class budgeted_client : public test::loop
{
protected:
    net::http_request request(const std::string& host, const std::string& token = "mine")
    {
        net::http_request asked;
        asked.service = "load-balancer";
        asked.origin = {true, host, 443};
        asked.headers = {{"X-Auth-Token", token}};
        asked.deadline = clock().now() + 20s;
        return asked;
    }

    struct sent
    {
        std::optional<support::result<net::http_response>> answer;
        support::duration took{};
    };

    // Sends in the background.
    std::shared_ptr<sent> send(net::http_request asked) { return send(client, std::move(asked)); }

    std::shared_ptr<sent> send(net::http_client& through, net::http_request asked)
    {
        auto into = std::make_shared<sent>();
        cancels.push_back(spawn(send_into(through, std::move(asked), into)));
        return into;
    }

    support::task<> send_into(net::http_client& through, net::http_request asked, std::shared_ptr<sent> into)
    {
        const auto began = clock().now();
        into->answer = co_await through.send(std::move(asked));
        into->took = clock().now() - began;
    }

    void TearDown() override
    {
        for (const auto& cancel : cancels)
        {
            cancel();
        }
        step();
        test::loop::TearDown();
    }

    net::request_places::counts counted() const { return client.by_service().at("load-balancer"); }

    servers under{clock()};
    net::budgeted_client client{under, clock(), {.of_a_server = 16, .of_kubernetes = 8, .of_the_cloud = 64}};
    net::budgeted_client stranger{under, client, "stranger"};
    net::budgeted_client shop{under, client, "shop"};
    std::vector<std::function<void()>> cancels;
};

TEST_F(budgeted_client, a_request_within_the_budget_is_sent_at_once)
{
    const auto one = send(request("octavia"));
    advance(100ms);
    ASSERT_TRUE(one->answer);
    EXPECT_EQ((*one->answer)->status, 200);
    EXPECT_EQ(one->took, 100ms);
    EXPECT_EQ(counted().under_way, 0U);
}

TEST_F(budgeted_client, requests_over_the_budget_wait_and_those_to_other_servers_do_not_notice)
{
    for (int i = 0; i < 1000; ++i)
    {
        send(request("hangs"));
    }
    step();
    EXPECT_EQ(under.asked["hangs"], 12);
    EXPECT_EQ(counted().waiting, 988U);
    const auto other = send(request("octavia"));
    const auto another_tenant = send(shop, request("hangs", "of the shop"));
    advance(100ms);
    EXPECT_EQ(other->took, 100ms);
    EXPECT_EQ(under.asked["hangs"], 13) << "another tenant of the server does not wait either";
    EXPECT_FALSE(another_tenant->answer);
}

TEST_F(budgeted_client, a_tenant_with_20_servers_that_hang_keeps_no_other_tenant_waiting)
{
    std::shared_ptr<sent> last;
    for (int i = 0; i < 20; ++i)
    {
        for (int times = 0; times < 100; ++times)
        {
            last = send(stranger, request("hangs-" + std::to_string(i)));
        }
    }
    step();
    EXPECT_EQ(counted().under_way, 36U);
    std::vector<std::shared_ptr<sent>> others;
    for (int i = 0; i < 9; ++i)
    {
        others.push_back(send(shop, request("octavia")));
    }
    advance(100ms);
    for (const auto& each : others)
    {
        ASSERT_TRUE(each->answer);
        EXPECT_EQ(each->took, 100ms);
    }
    advance(20s);
    ASSERT_TRUE(last->answer);
    EXPECT_EQ(
        last->answer->error().message,
        "https://hangs-19: waited 20s for a place among the 64 requests that may be under way to all clouds "
        "(--max-cloud-requests)"
    );
}

TEST_F(budgeted_client, requests_that_wait_are_sent_when_others_have_ended)
{
    std::vector<std::shared_ptr<sent>> all;
    for (int i = 0; i < 30; ++i)
    {
        all.push_back(send(request("octavia")));
    }
    advance(100ms);
    EXPECT_EQ(under.asked["octavia"], 24);
    advance(200ms);
    for (const auto& each : all)
    {
        ASSERT_TRUE(each->answer);
        EXPECT_TRUE(*each->answer);
    }
    EXPECT_EQ(counted().under_way, 0U);
}

TEST_F(budgeted_client, a_request_that_waits_for_too_long_is_not_sent)
{
    for (int i = 0; i < 12; ++i)
    {
        send(request("hangs"));
    }
    const auto late = send(request("hangs"));
    auto put = request("hangs");
    put.send_by = clock().now() + 3s;
    const auto too_late = send(std::move(put));
    advance(3s);
    ASSERT_TRUE(too_late->answer);
    EXPECT_EQ(too_late->answer->error().code, errc::too_late);
    EXPECT_THAT(too_late->answer->error().message, testing::HasSubstr("waited 3s for a place among the 16 "));
    advance(17s);
    ASSERT_TRUE(late->answer);
    EXPECT_EQ(late->answer->error().code, errc::too_late);
    EXPECT_EQ(
        late->answer->error().message,
        "https://hangs: waited 20s for a place among the 16 requests that may be under way to one server "
        "(--max-requests-per-server)"
    );
    EXPECT_EQ(counted().too_late, 2U);
    EXPECT_EQ(under.asked["hangs"], 12);
    EXPECT_EQ(counted().waiting, 0U);
}

TEST_F(budgeted_client, a_cancelled_request_gives_its_place_to_the_next_one)
{
    for (int i = 0; i < 13; ++i)
    {
        send(request("hangs"));
    }
    step();
    EXPECT_EQ(under.asked["hangs"], 12);
    cancels[0]();
    step();
    EXPECT_EQ(under.asked["hangs"], 13);
    for (const auto& cancel : cancels)
    {
        cancel();
    }
    step();
    EXPECT_EQ(counted().under_way, 0U);
    EXPECT_EQ(counted().waiting, 0U);
}

TEST_F(budgeted_client, an_open_stream_holds_no_place)
{
    for (int i = 0; i < 100; ++i)
    {
        auto watch = request("kubernetes");
        watch.service = "kubernetes";
        EXPECT_TRUE(run(client.open(std::move(watch))));
    }
    EXPECT_EQ(client.by_service().at("kubernetes").under_way, 0U);
}

}  // namespace
