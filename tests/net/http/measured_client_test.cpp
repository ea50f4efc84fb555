#include "net/http/measured_client.hpp"

#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class empty_stream final : public net::http_stream
{
public:
    int status() const override { return 206; }
    const std::vector<net::header>& headers() const override { return headers_; }
    support::task<support::result<std::string>> read(support::time_point) override
    {
        co_return std::string();
    }

private:
    std::vector<net::header> headers_;
};

// Answers after two seconds.
class slow_client final : public net::http_client
{
public:
    explicit slow_client(support::clock& clock) : clock_(clock) {}

    support::task<support::result<net::http_response>> send(net::http_request) override
    {
        co_await clock_.sleep_for(2s);
        if (fails)
        {
            co_return support::fail(support::errc::interrupted, "cut");
        }
        co_return net::http_response{409, {{"x-openstack-request-id", "req-1\n"}}, "body"};
    }

    support::task<support::result<std::unique_ptr<net::http_stream>>> open(net::http_request) override
    {
        co_await clock_.sleep_for(2s);
        co_return std::make_unique<empty_stream>();
    }

    bool fails = false;

private:
    support::clock& clock_;
};

class measured_client : public test::loop
{
protected:
    static net::http_request request()
    {
        net::http_request asked;
        asked.method = "PUT";
        asked.service = "load-balancer";
        asked.target = "/v2/lbaas/listeners/a?fields=id";
        asked.origin = {true, "octavia.example", 443};
        return asked;
    }

    slow_client slow{clock()};
    std::vector<std::string> seen;
    net::measured_client client{slow, clock(), [this](const net::measured_request& ended) {
                                    seen.push_back(
                                        std::string(ended.service) + " " + std::string(ended.method) + " " +
                                        ended.origin.str() + " " + std::to_string(ended.status) + " " +
                                        std::to_string(ended.duration / 1ms) + " " + std::string(ended.path) +
                                        " " + std::string(ended.request_id)
                                    );
                                }};
};

TEST_F(measured_client, tells_each_request_with_its_answer)
{
    EXPECT_EQ(run(client.send(request()))->body, "body");
    EXPECT_EQ((*run(client.open(request())))->status(), 206);
    EXPECT_THAT(
        seen,
        ElementsAre(
            "load-balancer PUT https://octavia.example 409 2000 /v2/lbaas/listeners/a req-1",
            "load-balancer PUT https://octavia.example 206 2000 /v2/lbaas/listeners/a "
        )
    );
}

TEST_F(measured_client, tells_a_request_without_an_answer)
{
    slow.fails = true;
    EXPECT_EQ(run(client.send(request())).error().code, support::errc::interrupted);
    EXPECT_THAT(seen, ElementsAre("load-balancer PUT https://octavia.example 0 2000 /v2/lbaas/listeners/a "));
}

TEST_F(measured_client, tells_nothing_of_a_request_that_was_cancelled)
{
    const auto ask = [](net::http_client& through) -> support::task<> { co_await through.send(request()); };
    const auto stop = spawn(ask(client));
    advance(1s);
    stop();
    step();
    EXPECT_THAT(seen, IsEmpty());
}

}  // namespace
