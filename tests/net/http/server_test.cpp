#include "net/http/server.hpp"

#include "net/http/raw_client.hpp"
#include "net/transport/no_more_files.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string ask_health = "GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n";

using client = test::raw_client;

class server : public test::wire
{
protected:
    void start(net::server_limits limits = {}, const std::string& address = "127.0.0.1:0")
    {
        auto listening = net::listen(
            executor(),
            clock(),
            net::parse_listen_address(address).value(),
            net::serve_pages(
                {{"/healthz", [] { return net::page{.body = "ok\n"}; }},
                 {"/metrics",
                  [this] {
                      return net::page{
                          .content_type = "text/x", .body = "seen " + std::to_string(++asked_) + "\n"
                      };
                  }},
                 {"/large",
                  [this] {
                      ++large_;
                      return net::page{.body = std::string(64 << 20, 'x')};
                  }},
                 {"/long", [this] { return net::page{.pieces = [this] { return next_piece(); }}; }},
                 {"/readyz", [] { return net::page{.status = 503, .body = "not yet\n"}; }}}
            ),
            {.limits = limits,
             .served = [this](const net::served_request& served) { taken_.push_back(served.taken); }}
        );
        ASSERT_TRUE(listening) << listening.error().message;
        server_ = std::move(*listening);
        spawn(server_->run());
    }

    void TearDown() override
    {
        if (server_)
        {
            server_->stop();
        }
        wire::TearDown();
    }

    client connect(const std::string& host = "127.0.0.1")
    {
        return {*this, {boost::asio::ip::make_address(host), server_->port()}};
    }

    std::string ask(const std::string& text) { return connect().ask(text); }
    std::string get(const std::string& path)
    {
        return ask("GET " + path + " HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    }

    void advance(support::duration span)
    {
        context().restart();
        context().poll();
        clock().set(clock().now() + span);
        context().restart();
        context().poll();
    }

    std::optional<std::string> next_piece()
    {
        if (rendered_ == pieces_.size())
        {
            return std::nullopt;
        }
        return pieces_[rendered_++];
    }

    std::unique_ptr<net::server> server_;
    int asked_ = 0;
    int large_ = 0;                    // how often /large was asked for
    std::vector<bool> taken_;          // for each answer whether the peer took it
    std::vector<std::string> pieces_;  // of /long
    std::size_t rendered_ = 0;         // the number of pieces that were rendered
};

TEST_F(server, makes_the_page_of_a_path_when_it_is_asked_for)
{
    start();
    EXPECT_THAT(get("/metrics"), EndsWith("\r\n\r\nseen 1\n"));
    const auto second = get("/metrics?format=text");
    EXPECT_THAT(second, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(second, HasSubstr("\r\nContent-Type: text/x\r\nContent-Length: 7\r\n"));
    EXPECT_THAT(second, EndsWith("\r\n\r\nseen 2\n"));
    EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
}

TEST_F(server, says_what_it_does_not_have_or_do)
{
    start();
    for (const auto* path : {"/", "/metrics/", "/Metrics", "//metrics", "*", "/%6detrics"})
    {
        EXPECT_THAT(get(path), StartsWith("HTTP/1.1 404 Not Found\r\n")) << path;
    }
    const auto posted = ask("POST /metrics HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(posted, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
    EXPECT_THAT(posted, HasSubstr("\r\nAllow: GET, HEAD\r\n"));
    EXPECT_EQ(asked_, 0);
}

TEST_F(server, says_to_head_what_get_would_say_without_the_page)
{
    start();
    const auto answer = ask("HEAD /healthz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 3\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

// ---- no free file ----

TEST_F(server, takes_a_connection_when_there_is_a_free_file_again_and_does_not_spin_until_then)
{
    if (test::opens_files_itself)
    {
        GTEST_SKIP() << "the sanitizer needs a file";
    }
    support::log_capture log;
    support::set_log_level(support::log_level::debug);
    start();
    auto waiting = connect();
    {
        const test::no_more_files none;
        for (int i = 0; i < 100; ++i)
        {
            advance(0s);
        }
        const auto text = log.text();
        const std::string failure = "cannot accept a connection";
        EXPECT_THAT(text, HasSubstr(failure));
        EXPECT_EQ(text.find(failure), text.rfind(failure)) << "once";
    }
    advance(100ms);
    EXPECT_THAT(
        waiting.ask("GET /healthz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"), HasSubstr("200 OK")
    );
    support::set_log_level(support::log_level::info);
}

// ---- pages in pieces ----

TEST_F(server, sends_a_page_in_pieces_as_chunks_and_keeps_the_connection)
{
    start();
    pieces_ = {"one\n", "", std::string(20, 'x') + "\n"};
    auto peer = connect();
    peer.send("GET /long HTTP/1.1\r\nHost: here\r\n\r\n");
    const auto answer = peer.receive_until("\r\n0\r\n\r\n");
    EXPECT_THAT(answer, HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("Content-Length")));
    EXPECT_THAT(answer, EndsWith("\r\n\r\n4\r\none\n\r\n15\r\n" + pieces_[2] + "\r\n0\r\n\r\n"));
    peer.send(ask_health);
    EXPECT_THAT(peer.receive_until("\nok\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(server, sends_a_page_in_pieces_as_it_is_to_who_knows_no_chunks)
{
    start();
    pieces_ = {"one\n", "", "two\n"};
    const auto answer = ask("GET /long HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n\r\none\ntwo\n"));
    EXPECT_THAT(answer, Not(HasSubstr("chunked")));
    EXPECT_THAT(answer, EndsWith("two\n"));
}

TEST_F(server, makes_no_piece_for_head)
{
    start();
    pieces_ = {"one\n"};
    auto peer = connect();
    peer.send("HEAD /long HTTP/1.1\r\nHost: here\r\n\r\n");
    EXPECT_THAT(peer.receive_until("\r\n\r\n"), HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
    peer.send(ask_health);
    EXPECT_THAT(peer.receive_until("\nok\n"), StartsWith("HTTP/1.1 200"));
    EXPECT_EQ(rendered_, 0U);
}

TEST_F(server, makes_a_piece_when_the_one_before_is_taken)
{
    start({.answer = 10s});
    pieces_.assign(100, std::string(1 << 20, 'x'));
    auto stuck = connect();
    stuck.send("GET /long HTTP/1.1\r\nHost: here\r\n\r\n");
    run_until([&] { return rendered_ > 0; });
    context().restart();
    context().poll();
    EXPECT_LT(rendered_, 50U) << "the rest is more than the sockets hold";
    advance(10s);
    EXPECT_EQ(taken_, std::vector<bool>{false});
    EXPECT_LT(rendered_, 50U);
}

TEST_F(server, leaves_little_in_the_kernel_for_who_reads_nothing)
{
    start();
    pieces_.assign(1000, std::string(16 << 10, 'x'));
    auto stuck = connect();
    stuck.send("GET /long HTTP/1.1\r\nHost: here\r\n\r\n");
    run_until([&] { return rendered_ > 0; });
    context().restart();
    context().poll();
    EXPECT_LT(rendered_, 40U) << "640 KiB, most of them at the peer";
}

TEST_F(server, serves_others_between_two_pieces)
{
    start();
    pieces_.assign(1'000'000, "");
    connect().send("GET /long HTTP/1.1\r\nHost: here\r\n\r\n");
    EXPECT_THAT(get("/healthz"), EndsWith("\nok\n"));
    EXPECT_LT(rendered_, pieces_.size());
}

TEST_F(server, keeps_a_connection_for_more_requests_and_takes_them_all_at_once)
{
    start();
    auto peer = connect();
    for (int i = 0; i < 2; ++i)
    {
        peer.send(ask_health);
        EXPECT_THAT(peer.receive_until("\nok\n"), Not(HasSubstr("Connection: close")));
    }
    peer.send(ask_health + ask_health);
    EXPECT_THAT(peer.receive_until("\nok\n"), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(peer.receive_until("\nok\n"), StartsWith("HTTP/1.1 200"));
    EXPECT_TRUE(peer.open());
    peer.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(peer.receive_until("\nok\n"), HasSubstr("\r\nConnection: keep-alive\r\n"));
    EXPECT_THAT(peer.ask("GET /healthz HTTP/1.0\r\n\r\n"), HasSubstr("\r\nConnection: close\r\n"));
}

TEST_F(server, takes_a_request_in_pieces)
{
    start();
    auto peer = connect();
    for (const char byte : ask_health)
    {
        peer.send({byte});
        EXPECT_TRUE(peer.open() || byte == '\n');
    }
    EXPECT_THAT(peer.receive_until("\nok\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(server, refuses_what_is_no_request_and_the_answer_arrives)
{
    start();
    const std::vector<std::string> sent_by_strangers{
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(100'000, 'x'),
        std::string("hello\r\n\r\n"),
        std::string("GET  /healthz HTTP/1.1\r\nHost: here\r\n\r\n"),
        std::string("GET /healthz HTTP/1.1\r\nHost here\r\n\r\n"),
        std::string("GET /healthz HTTP/1.1\r\n\r\n"),
        std::string("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        std::string("GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"),
        std::string("GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")
    };
    for (const std::string& sent : sent_by_strangers)
    {
        EXPECT_THAT(ask(sent), StartsWith("HTTP/1.1 400 Bad Request\r\n")) << sent.substr(0, 80);
    }
}

TEST_F(server, reads_no_body)
{
    start();
    const std::string head = "GET /metrics HTTP/1.1\r\nHost: here\r\n";
    const std::string large(500'000, 'x');
    EXPECT_THAT(
        ask(head + "Content-Length: 500000\r\n\r\n" + large), StartsWith("HTTP/1.1 413 Payload Too Large\r\n")
    );
    EXPECT_THAT(
        ask(head + "Transfer-Encoding: chunked\r\n\r\n5\r\nGET /\r\n"),
        StartsWith("HTTP/1.1 413 Payload Too Large\r\n")
    );
    EXPECT_THAT(
        ask("POST /metrics HTTP/1.1\r\nHost: here\r\nContent-Length: 500000\r\n\r\n" + large),
        StartsWith("HTTP/1.1 405 Method Not Allowed\r\n")
    );
    EXPECT_EQ(asked_, 0);
}

TEST_F(server, bounds_a_header_however_it_comes)
{
    start();
    const std::string begin = "GET /healthz HTTP/1.1\r\nHost: here\r\n";
    const auto padded = [&](std::size_t size) { return begin + "X: " + std::string(size, 'x') + "\r\n"; };
    EXPECT_THAT(ask(padded(7000) + "Connection: close\r\n\r\n"), StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(ask(padded(9000) + "\r\n"), StartsWith("HTTP/1.1 431 Request Header Fields Too Large\r\n"));
    EXPECT_THAT(ask("GET /" + std::string(1 << 20, 'x')), StartsWith("HTTP/1.1 431 "));
    std::string many = begin;
    for (int i = 0; i < 1000; ++i)
    {
        many += "A" + std::to_string(i) + ": b\r\n";
    }
    EXPECT_THAT(ask(many + "\r\n"), StartsWith("HTTP/1.1 431 "));
}

TEST_F(server, does_not_wait_for_a_request_that_does_not_come)
{
    start({.header = 10s, .idle = 120s});
    auto silent = connect();
    auto slow = connect();
    slow.send("GET /healthz HTTP/1.1\r\n");
    auto between = connect();
    between.send(ask_health);
    between.receive_until("\nok\n");
    advance(9s);
    // A byte from time to time does not extend the deadline.
    slow.send("Host: h");
    EXPECT_TRUE(silent.open());
    EXPECT_TRUE(slow.open());
    advance(2s);
    EXPECT_FALSE(silent.open());
    EXPECT_FALSE(slow.open());
    EXPECT_TRUE(between.open());
    advance(110s);
    EXPECT_FALSE(between.open());
}

TEST_F(server, does_not_wait_for_a_peer_that_does_not_take_its_answer)
{
    start({.connections = 1, .answer = 10s});
    auto stuck = connect();
    stuck.send("GET /large HTTP/1.1\r\nHost: here\r\n\r\n");
    run_until([&] { return large_ == 1; });
    advance(9s);
    EXPECT_TRUE(taken_.empty());
    advance(1s);
    EXPECT_EQ(taken_, std::vector<bool>{false});
}

TEST_F(server, serves_a_newcomer_however_many_connections_there_are)
{
    start({.connections = 3});
    auto first = connect();
    auto second = connect();
    auto third = connect();
    first.send(ask_health);
    // After this request the second connection is the one that was quiet longest.
    first.receive_until("\nok\n");
    EXPECT_TRUE(second.open());
    EXPECT_THAT(get("/healthz"), EndsWith("\nok\n"));
    EXPECT_FALSE(second.open());
    EXPECT_TRUE(first.open());
    EXPECT_TRUE(third.open());
    std::vector<client> flood;
    for (int i = 0; i < 100; ++i)
    {
        flood.push_back(connect());
    }
    EXPECT_THAT(get("/healthz"), EndsWith("\nok\n"));
}

TEST_F(server, survives_peers_that_vanish)
{
    start();
    for (const std::string sent : {"", "GET", "GET /large HTTP/1.1\r\nHost: here\r\n\r\n"})
    {
        connect().send(sent);
    }
    EXPECT_THAT(get("/healthz"), EndsWith("\nok\n"));
}

TEST_F(server, stops_with_connections_open)
{
    start();
    auto silent = connect();
    auto kept = connect();
    kept.send(ask_health);
    kept.receive_until("\nok\n");
    server_->stop();
    EXPECT_FALSE(kept.open());
    EXPECT_FALSE(silent.open());
}

// ---- the address of the server ----

TEST_F(server, listens_on_both_families_where_no_address_is_given)
{
    start({}, ":0");
    for (const auto* host : {"127.0.0.1", "::1"})
    {
        EXPECT_THAT(connect(host).ask("GET /healthz HTTP/1.0\r\n\r\n"), EndsWith("\nok\n")) << host;
    }
}

TEST_F(server, listens_on_the_address_that_is_given)
{
    start({}, "[::1]:0");
    EXPECT_THAT(connect("::1").ask("GET /healthz HTTP/1.0\r\n\r\n"), EndsWith("\nok\n"));
    EXPECT_THROW(connect("127.0.0.1"), boost::system::system_error);
}

TEST_F(server, says_that_its_address_cannot_be_had)
{
    start();
    const auto taken = "127.0.0.1:" + std::to_string(server_->port());
    const auto second =
        net::listen(executor(), clock(), net::parse_listen_address(taken).value(), net::serve_pages({}));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, support::errc::invalid);
    EXPECT_EQ(second.error().message, "cannot listen on " + taken + ": Address already in use");
    const auto elsewhere = net::listen(executor(), clock(), {"192.0.2.1", 1}, net::serve_pages({}));
    ASSERT_FALSE(elsewhere);
    EXPECT_EQ(elsewhere.error().message, "cannot listen on 192.0.2.1:1: Cannot assign requested address");
}

}  // namespace
