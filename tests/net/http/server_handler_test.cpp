#include "net/http/raw_client.hpp"
#include "net/http/server.hpp"
#include "support/log.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";

std::string post(const std::string& path, const std::string& body, const std::string& more = "")
{
    return "POST " + path + " HTTP/1.1\r\nHost: here\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n" + more + "\r\n" + body;
}

std::string get(const std::string& path, const std::string& version = "1.1")
{
    return "GET " + path + " HTTP/" + version + "\r\nHost: here\r\n\r\n";
}

// A server whose handler says what it was asked. /wait is answered when the test says so.
class server_handler : public test::wire
{
protected:
    void start(
        net::server_options options = {.limits = {.body_bytes = 100}},
        net::listen_address address = {"127.0.0.1", 0}
    )
    {
        options.served = [this](const net::served_request& served) { served_.push_back(served); };
        auto listening = net::listen(
            executor(),
            clock(),
            address,
            [this](net::server_request request) { return answer(*this, std::move(request)); },
            std::move(options)
        );
        ASSERT_TRUE(listening) << listening.error().message;
        server_ = std::move(*listening);
        spawn(server_->run());
    }

    static support::task<net::page> answer(server_handler& self, net::server_request request)
    {
        self.asked_.push_back(request.path);
        if (request.path == "/wait")
        {
            co_await self.wait_for_word();
        }
        if (request.path == "/bug")
        {
            throw std::logic_error("a bug of this test");
        }
        if (request.path == "/nothing")
        {
            co_return net::page{.status = 204};
        }
        if (request.path == "/headers")
        {
            co_return net::page{
                .headers =
                    {{"X-Request-Id", "r-1"}, {"cache-control", "max-age=5"}, {"X-Split", "a\r\nX-Evil: b"}}
            };
        }
        co_return net::page{
            .content_type = "text/x",
            .body = request.method + " " + request.path + "?" + request.query + " [" + request.body +
                    "] of " + request.peer + "\n"
        };
    }

    support::task<> wait_for_word()
    {
        boost::asio::steady_timer word(executor(), boost::asio::steady_timer::time_point::max());
        words_.push_back(&word);
        ++waiting_;
        bool given = false;
        try
        {
            co_await word.async_wait(boost::asio::use_awaitable);
        }
        catch (const boost::system::system_error&)
        {
            given = std::erase(given_, &word) > 0;
        }
        std::erase(words_, &word);
        --waiting_;
        if (!given)
        {
            ++cancelled_;
            throw boost::system::system_error(boost::asio::error::operation_aborted);
        }
    }

    // Lets the handlers that wait answer.
    void give_word()
    {
        given_ = words_;
        for (auto* word : words_)
        {
            word->cancel();
        }
    }

    void step()
    {
        context().restart();
        context().poll();
    }

    void advance(support::duration span)
    {
        step();
        clock().set(clock().now() + span);
        step();
    }

    // A network needs no time of the clock, but perhaps some of the machine.
    void run_until_waiting(int handlers)
    {
        run_until([&] { return waiting_ == handlers; });
    }
    void run_until_cancelled(int handlers)
    {
        run_until([&] { return cancelled_ == handlers; });
    }
    void run_to_end()
    {
        context().restart();
        context().run();
    }

    void TearDown() override
    {
        if (server_)
        {
            server_->stop();
        }
        wire::TearDown();
    }

    test::raw_client connect() { return {*this, {boost::asio::ip::address_v4::loopback(), server_->port()}}; }

    std::unique_ptr<net::server> server_;
    std::vector<std::string> asked_;
    std::vector<net::served_request> served_;
    int waiting_ = 0;
    int cancelled_ = 0;

private:
    std::vector<boost::asio::steady_timer*> words_;
    std::vector<boost::asio::steady_timer*> given_;
};

TEST_F(server_handler, is_given_the_request_and_its_body)
{
    start();
    auto peer = connect();
    peer.send(post("/a?b=c", "hello"));
    const auto first = peer.receive_until("]");
    EXPECT_THAT(first, EndsWith("POST /a?b=c [hello]"));
    EXPECT_THAT(first, HasSubstr("\r\nDate: Tue, 24 Nov 2026 01:00:00 GMT\r\n"));
    EXPECT_EQ(peer.receive_until("\n"), " of 127.0.0.1\n");
    peer.send("PUT /a HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n");
    step();
    EXPECT_EQ(asked_.size(), 1U) << "the body has not come";
    for (const char byte : std::string("5\r\nhello\r\n0\r\n\r\n"))
    {
        peer.send({byte});
    }
    EXPECT_THAT(peer.receive_until("]"), EndsWith("PUT /a? [hello]"));
}

TEST_F(server_handler, is_given_an_address_of_ipv4_as_such_where_both_families_are_served)
{
    start({}, {});
    auto peer = connect();
    peer.send(get("/a"));
    EXPECT_THAT(peer.receive_until("0.1\n"), EndsWith(" of 127.0.0.1\n"));
}

TEST_F(server_handler, writes_the_headers_of_a_page_each_in_one_line)
{
    start();
    auto peer = connect();
    peer.send(get("/headers"));
    const auto answer = peer.receive_until("\r\n\r\n");
    EXPECT_THAT(answer, HasSubstr("\r\nX-Request-Id: r-1\r\ncache-control: max-age=5\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("no-store")));
    EXPECT_THAT(answer, Not(HasSubstr("\nX-Evil")));
    peer.send(get("/nothing"));
    const auto nothing = peer.receive_until("\r\n\r\n");
    EXPECT_THAT(nothing, StartsWith("HTTP/1.1 204 No Content\r\n"));
    EXPECT_THAT(nothing, Not(HasSubstr("\r\nContent-")));
    EXPECT_TRUE(peer.open());
}

TEST_F(server_handler, is_called_for_requests_that_come_at_once_one_after_the_other)
{
    start();
    auto peer = connect();
    peer.send(post("/wait", "1") + post("/a", "2"));
    run_until_waiting(1);
    peer.send(get("/b"));
    step();
    EXPECT_THAT(asked_, ElementsAre("/wait"));
    give_word();
    EXPECT_THAT(peer.receive_until("[1]"), EndsWith("POST /wait? [1]"));
    EXPECT_THAT(peer.receive_until("[2]"), EndsWith("POST /a? [2]"));
    EXPECT_THAT(peer.receive_until("[]"), EndsWith("GET /b? []"));
    EXPECT_TRUE(peer.open());
}

TEST_F(server_handler, gets_a_body_that_waits_for_a_word)
{
    start();
    auto peer = connect();
    const std::string head =
        "POST /a HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    peer.send(head);
    EXPECT_EQ(peer.receive_until("\r\n\r\n"), interim);
    peer.send("ok");
    EXPECT_THAT(peer.receive_until("[ok]"), StartsWith("HTTP/1.1 200 OK\r\n"));
    peer.send(head + "no");
    EXPECT_THAT(peer.receive_until("[no]"), HasSubstr("\nHTTP/1.1 200 OK\r\n")) << "the body was there";
}

TEST_F(server_handler, is_not_called_for_a_body_that_is_too_large)
{
    start({.limits = {.body_bytes = 100}, .refusal = [](int status, const std::string& why) {
               return net::page{
                   .status = status, .content_type = "application/json", .body = "{" + why + "}"
               };
           }});
    auto peer = connect();
    peer.send("POST / HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\nContent-Length: 101\r\n\r\n");
    const auto answer = peer.receive_until("}");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 Payload Too Large\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_THAT(answer, EndsWith("{the request's body is too large}"));
    EXPECT_FALSE(peer.open());
    EXPECT_TRUE(asked_.empty());
}

TEST_F(server_handler, that_throws_costs_its_peer_the_answer_and_nobody_else)
{
    start();
    support::log_capture log;
    auto peer = connect();
    peer.send(get("/bug"));
    EXPECT_THAT(peer.receive_until("\n\r\n"), StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
    EXPECT_THAT(log.text(), HasSubstr("a bug of this test"));
    EXPECT_EQ(peer.receive_until("\n"), "the answer failed\n");
    peer.send(get("/a"));
    EXPECT_THAT(peer.receive_until("]"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

// ---- the peer goes away ----

TEST_F(server_handler, is_cancelled_when_its_peer_closes_the_connection)
{
    start();
    auto peer = connect();
    peer.send(post("/wait", "x"));
    run_until_waiting(1);
    peer.close();
    run_until_cancelled(1);
    run_until([&] { return !served_.empty(); });
    ASSERT_EQ(served_.size(), 1U);
    EXPECT_EQ(served_[0].status, 499);
}

TEST_F(server_handler, is_cancelled_when_its_peer_resets_the_connection)
{
    start();
    auto peer = connect();
    peer.send(post("/wait", "x"));
    run_until_waiting(1);
    peer.reset();
    run_until_cancelled(1);
}

TEST_F(server_handler, answers_a_peer_that_has_only_ended_its_side)
{
    start();
    auto peer = connect();
    peer.send(post("/wait", "x"));
    peer.end();
    EXPECT_EQ(peer.receive_until("\r\n\r\n"), interim) << "asked whether it is still there";
    give_word();
    const auto answer = peer.receive();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, EndsWith("[x] of 127.0.0.1\n"));
    EXPECT_EQ(cancelled_, 0);
}

TEST_F(server_handler, answers_a_peer_of_http_1_0_that_has_only_ended_its_side_without_asking_it)
{
    start();
    auto peer = connect();
    peer.send(get("/wait", "1.0"));
    run_until_waiting(1);
    peer.end();
    step();
    give_word();
    EXPECT_THAT(peer.receive(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

// ---- limits ----

TEST_F(server_handler, is_never_cut_for_a_newcomer)
{
    start({.limits = {.connections = 2}});
    auto first = connect();
    first.send(get("/wait"));
    auto second = connect();
    second.send(get("/wait"));
    run_until_waiting(2);
    auto third = connect();
    third.send(get("/a"));
    const auto refused = third.receive();
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
    EXPECT_THAT(refused, HasSubstr("\r\nRetry-After: 1\r\n"));
    EXPECT_THAT(refused, EndsWith("too many connections; try again later\n"));
    third.close();
    give_word();
    EXPECT_THAT(first.receive_until("\n\r\n"), StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(second.receive_until("\n\r\n"), StartsWith("HTTP/1.1 200 OK\r\n"));
    // Both are quiet now.
    auto fourth = connect();
    fourth.send(get("/a"));
    EXPECT_THAT(fourth.receive_until("\n\r\n"), StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_EQ(cancelled_, 0);
}

TEST_F(server_handler, is_not_called_for_a_body_without_end)
{
    start({.limits = {.body_bytes = 1000, .header = 5s, .request = 10s}});
    auto peer = connect();
    peer.send("POST / HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n");
    EXPECT_EQ(peer.receive_until("\r\n\r\n"), interim);
    for (int second = 0; second < 9; ++second)
    {
        peer.send("x");
        advance(1s);
        EXPECT_TRUE(peer.open()) << second;
    }
    advance(1s);
    EXPECT_THAT(peer.receive_until("\n\r\n"), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
    EXPECT_TRUE(asked_.empty());
}

TEST_F(server_handler, is_not_called_for_a_header_without_end)
{
    start({.limits = {.header = 5s, .request = 10s, .idle = 100s}});
    auto peer = connect();
    peer.send(get("/a"));
    peer.receive_until("1\n");
    peer.send("G");
    run_until([&] { return clock().next_wake() == clock().now() + 5s; });
    for (const char byte : std::string("ET /"))
    {
        advance(1s);
        EXPECT_TRUE(peer.open());
        peer.send({byte});
    }
    advance(1s);
    EXPECT_THAT(peer.receive_until("\n\r\n"), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
    ASSERT_EQ(served_.size(), 2U);
    EXPECT_EQ(served_[1].took, 5s);
}

TEST_F(server_handler, is_not_called_for_requests_that_together_take_too_much_memory)
{
    start({.limits = {.body_bytes = 10'000, .incomplete_bytes = 1000}});
    const auto begin_of = [](std::size_t whole, std::size_t part) {
        return "POST / HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\nContent-Length: " +
               std::to_string(whole) + "\r\n\r\n" + std::string(part, 'x');
    };
    auto first = connect();
    first.send(begin_of(1000, 700));
    EXPECT_EQ(first.receive_until("\r\n\r\n"), interim);
    auto second = connect();
    second.send(begin_of(1000, 300));
    EXPECT_EQ(second.receive_until("\r\n\r\n"), interim);
    const auto refused = second.receive();
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
    EXPECT_THAT(refused, HasSubstr("\r\nRetry-After: 1\r\n"));
    auto third = connect();
    third.send(post("/whole", std::string(5000, 'x')));
    EXPECT_THAT(third.receive_until("]"), StartsWith("HTTP/1.1 200 OK\r\n")) << "it came as a whole";
    first.send(std::string(300, 'x'));
    EXPECT_THAT(first.receive_until("]"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(server_handler, may_take_longer_than_every_limit)
{
    start({.limits = {.header = 1s, .request = 1s, .answer = 1s, .idle = 1s}});
    auto peer = connect();
    peer.send(get("/wait"));
    run_until_waiting(1);
    advance(1h);
    EXPECT_EQ(cancelled_, 0);
    give_word();
    EXPECT_THAT(peer.receive_until("\n\r\n"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

// ---- the end ----

TEST_F(server_handler, is_cancelled_when_the_server_stops)
{
    start();
    auto peer = connect();
    peer.send(get("/wait"));
    run_until_waiting(1);
    server_->stop();
    step();
    EXPECT_EQ(cancelled_, 1);
    EXPECT_EQ(peer.receive(), "");
}

TEST_F(server_handler, has_time_to_answer_when_the_server_stops_within_a_time)
{
    start();
    auto idle = connect();
    idle.send(get("/a"));
    idle.receive_until("1\n");
    auto half = connect();
    half.send("POST / HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
    half.receive_until("\r\n\r\n");
    auto peer = connect();
    peer.send(get("/wait"));
    run_until_waiting(1);
    server_->stop_within(5s);
    EXPECT_EQ(idle.receive(), "");
    EXPECT_EQ(half.receive(), "");
    EXPECT_THROW(connect(), boost::system::system_error);
    advance(4s);
    EXPECT_EQ(cancelled_, 0);
    give_word();
    const auto answer = peer.receive();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
    peer.close();
    run_to_end();
}

TEST_F(server_handler, is_cancelled_and_its_peer_told_so_when_that_time_is_over)
{
    start();
    auto peer = connect();
    peer.send(get("/wait"));
    run_until_waiting(1);
    server_->stop_within(5s);
    advance(5s);
    EXPECT_EQ(cancelled_, 1);
    EXPECT_THAT(
        peer.receive(),
        AllOf(StartsWith("HTTP/1.1 503 Service Unavailable\r\n"), EndsWith("the server stops\n"))
    );
    advance(1s);
    EXPECT_TRUE(context().stopped()) << "run() returns, though the peer has not closed its side";
}

// ---- the log ----

TEST_F(server_handler, s_answers_are_told)
{
    start();
    auto peer = connect();
    peer.send(post("/wait?token=x", "1"));
    run_until_waiting(1);
    advance(3s);
    give_word();
    peer.receive_until("[1]");
    peer.send(get("/headers"));
    peer.receive_until("\r\n\r\n");
    peer.send("nonsense\r\n\r\n");
    peer.receive_until("\n\r\n");
    ASSERT_EQ(served_.size(), 3U);
    EXPECT_EQ(served_[0].method, "POST");
    EXPECT_EQ(served_[0].path, "/wait");
    EXPECT_EQ(served_[0].peer, "127.0.0.1");
    EXPECT_EQ(served_[0].status, 200);
    EXPECT_EQ(served_[0].bytes, std::string("POST /wait?token=x [1] of 127.0.0.1\n").size());
    EXPECT_EQ(served_[0].took, 3s);
    EXPECT_TRUE(served_[0].taken);
    EXPECT_EQ(net::find_header(served_[1].headers, "X-Request-Id"), "r-1");
    EXPECT_EQ(served_[2].status, 400);
    EXPECT_EQ(served_[2].method, "");
    EXPECT_EQ(served_[2].refused, "this is not HTTP/1.1");
    EXPECT_EQ(served_[0].refused, "") << "the handler answered";
}

}  // namespace
