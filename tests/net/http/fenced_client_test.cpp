#include "net/http/fenced_client.hpp"

#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using support::errc;
using support::time_point;
using testing::ElementsAre;

// Keeps what it is asked to send.
class recorder final : public net::http_client
{
public:
    support::task<support::result<net::http_response>> send(net::http_request request) override
    {
        sent.emplace_back(request.method, request.send_by);
        co_return net::http_response{204, {}, ""};
    }
    support::task<support::result<std::unique_ptr<net::http_stream>>> open(net::http_request request) override
    {
        sent.emplace_back(request.method, request.send_by);
        co_return support::fail(errc::interrupted, "no stream");
    }

    std::vector<std::pair<std::string, std::optional<time_point>>> sent;
};

class fenced_client : public test::loop
{
protected:
    fenced_client() : fenced(next, clock(), [this] { return until; }) {}

    support::result<net::http_response> send(
        const std::string& method, std::optional<time_point> send_by = std::nullopt
    )
    {
        net::http_request request;
        request.method = method;
        request.send_by = send_by;
        return run(fenced.send(std::move(request)));
    }

    time_point until{};
    recorder next;
    net::fenced_client fenced;
};

TEST_F(fenced_client, a_write_goes_out_until_then)
{
    until = clock().now() + 10s;
    EXPECT_TRUE(send("PUT"));
    EXPECT_TRUE(send("DELETE", clock().now() + 3s));
    EXPECT_TRUE(send("POST", clock().now() + 30s));
    using entry = std::pair<std::string, std::optional<time_point>>;
    EXPECT_THAT(
        next.sent, ElementsAre(entry("PUT", until), entry("DELETE", clock().now() + 3s), entry("POST", until))
    );
}

TEST_F(fenced_client, no_write_goes_out_afterwards)
{
    until = clock().now();
    for (const char* method : {"PUT", "POST", "PATCH", "DELETE"})
    {
        const auto answer = send(method);
        ASSERT_FALSE(answer) << method;
        EXPECT_EQ(answer.error().code, errc::too_late);
    }
    net::http_request request;
    request.method = "POST";
    EXPECT_FALSE(run(fenced.open(std::move(request))));
    EXPECT_TRUE(next.sent.empty());
}

TEST_F(fenced_client, the_time_is_asked_for_with_each_write)
{
    until = clock().now();
    EXPECT_FALSE(send("PUT"));
    until = clock().now() + 1ms;
    EXPECT_TRUE(send("PUT"));
}

TEST_F(fenced_client, reads_go_out_always)
{
    until = time_point::min();
    EXPECT_TRUE(send("GET"));
    EXPECT_TRUE(send("HEAD"));
    using entry = std::pair<std::string, std::optional<time_point>>;
    EXPECT_THAT(next.sent, ElementsAre(entry("GET", std::nullopt), entry("HEAD", std::nullopt)));
}

}  // namespace
