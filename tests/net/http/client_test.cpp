#include "net/http/client.hpp"

#include "net/http/scripted_dialer.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using support::errc;
using test::ends;
using test::fails;
using test::script;
using test::stalls;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const std::string closing = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

class client : public test::loop
{
protected:
    net::http_request request(std::string method = "GET")
    {
        net::http_request request;
        request.method = std::move(method);
        request.origin = {false, "cloud.example", 80};
        request.deadline = clock().now() + 10s;
        return request;
    }

    support::result<net::http_response> send(net::http_request request)
    {
        return run(client_->send(std::move(request)));
    }

    // Sends `second` on a connection that has answered one GET before.
    support::result<net::http_response> send_on_reused(net::http_request second)
    {
        EXPECT_TRUE(send(request()).has_value());
        EXPECT_EQ(network_.open(), 1U) << "the first connection was not kept";
        return send(std::move(second));
    }

    test::scripted_network network_{executor()};
    net::client_options options_{.user_agent = "controller/1", .idle_per_origin = 2, .idle_for = 30s};
    std::unique_ptr<net::http_client> client_ = net::create_http_client(network_.dialer(), clock(), options_);
};

TEST_F(client, gives_the_response_of_any_status)
{
    network_.expect({.reads = {"HTTP/1.1 404 Not Found\r\nX-Request-Id: 7\r\nContent-Length: 4\r\n\r\nnone"}}
    );
    const auto answer = send(request());
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 404);
    EXPECT_EQ(answer->body, "none");
    EXPECT_EQ(net::find_header(answer->headers, "x-request-id"), "7");
}

TEST_F(client, sends_nothing_of_a_request_that_could_be_read_in_two_ways)
{
    auto bad = request();
    bad.headers = {{"X-A", "b\r\nX-C: d"}};
    const auto answer = send(std::move(bad));
    EXPECT_EQ(answer.error().code, errc::invalid);
    EXPECT_EQ(network_.dials, 0U);
}

TEST_F(client, names_the_origin_and_never_a_header_or_a_body)
{
    network_.expect({.reads = {fails{errc::interrupted}}});
    auto post = request("POST");
    post.headers = {{"Authorization", "Bearer seeded-canary"}};
    post.body = "seeded-canary";
    const auto message = send(std::move(post)).error().message;
    EXPECT_THAT(message, HasSubstr("http://cloud.example: "));
    EXPECT_THAT(message, Not(HasSubstr("canary")));
}

// Reuse.

TEST_F(client, reuses_a_connection_that_the_server_keeps_open)
{
    network_.expect({.reads = {ok, ok, ok}});
    for (int i = 0; i < 3; ++i)
    {
        EXPECT_TRUE(send(request(i == 1 ? "PUT" : "GET")).has_value());
    }
    EXPECT_EQ(network_.dials, 1U);
}

TEST_F(client, closes_a_connection_after_which_no_request_may_follow)
{
    const std::string last[] = {
        closing,
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        ok + "surplus",
    };
    for (const auto& response : last)
    {
        SCOPED_TRACE(response);
        network_.expect({.reads = {response}});
        EXPECT_TRUE(send(request()).has_value());
        EXPECT_EQ(network_.open(), 0U);
    }
    network_.expect({.reads = {"HTTP/1.1 200 OK\r\n\r\nuntil ", "the end", ends()}});
    EXPECT_EQ(send(request())->body, "until the end");
    EXPECT_EQ(network_.open(), 0U);
}

TEST_F(client, does_not_reuse_a_connection_on_which_something_has_come_meanwhile)
{
    network_.expect({.reads = {ok}});
    EXPECT_TRUE(send(request()).has_value());
    network_.connections.at(0)->quiet = false;
    network_.expect({.reads = {ok}});
    EXPECT_TRUE(send(request("PUT")).has_value());
    EXPECT_FALSE(network_.connections.at(0)->open);
    EXPECT_THAT(network_.connections.at(0)->written, SizeIs(1));
}

TEST_F(client, sends_on_a_new_connection_where_it_is_told_to)
{
    network_.expect({.reads = {ok}});
    network_.expect({.reads = {ok}});
    auto put = request("PUT");
    put.fresh_connection = true;
    EXPECT_TRUE(send_on_reused(std::move(put)).has_value());
    EXPECT_EQ(network_.dials, 2U);
}

TEST_F(client, shares_no_connection_between_origins_or_tls_settings)
{
    auto first = request();
    first.origin = {true, "cloud.example", 443};
    first.tls = std::make_shared<net::tls_settings>();
    auto other_port = first;
    other_port.origin.port = 8443;
    auto plain = first;
    plain.origin.tls = false;
    auto other_settings = first;
    other_settings.tls = std::make_shared<net::tls_settings>();
    auto system_trust = first;
    system_trust.tls = nullptr;
    for (const auto& to_send : {first, other_port, plain, other_settings, system_trust})
    {
        network_.expect({.reads = {ok}});
        EXPECT_TRUE(send(to_send).has_value());
    }
    EXPECT_EQ(network_.dials, 5U);
    EXPECT_EQ(network_.connections.at(3)->tls, other_settings.tls);
}

TEST_F(client, closes_idle_connections_after_their_time_and_those_beyond_their_number)
{
    for (int i = 0; i < 3; ++i)
    {
        network_.expect({.reads = {ok}});
    }
    for (int i = 0; i < 3; ++i)
    {
        auto fresh = request();
        fresh.fresh_connection = true;
        EXPECT_TRUE(send(std::move(fresh)).has_value());
        advance(1s);
    }
    EXPECT_EQ(network_.open(), 2U);
    EXPECT_FALSE(network_.connections.at(0)->open) << "the oldest one goes";
    advance(28s);  // 30 s after the second, 29 s after the third answer
    auto elsewhere = request();
    elsewhere.origin.host = "other.example";
    network_.expect({.reads = {closing}});
    EXPECT_TRUE(send(std::move(elsewhere)).has_value());
    EXPECT_FALSE(network_.connections.at(1)->open);
    EXPECT_TRUE(network_.connections.at(2)->open);
}

TEST_F(client, closes_the_oldest_idle_connection_of_all_origins_beyond_their_number)
{
    options_.idle_in_all = 3;
    client_ = net::create_http_client(network_.dialer(), clock(), options_);
    const std::size_t origins = 5;
    for (std::size_t i = 0; i < origins; ++i)
    {
        network_.expect({.reads = {ok}});
        auto elsewhere = request();
        elsewhere.origin.host = "host-" + std::to_string(origins - i);
        EXPECT_TRUE(send(std::move(elsewhere)).has_value());
        advance(1s);
    }
    EXPECT_EQ(network_.open(), 3U);
    EXPECT_FALSE(network_.connections.at(0)->open);
    EXPECT_FALSE(network_.connections.at(1)->open);
}

// A reused connection that the server has closed.

const script answered_then_ended{.reads = {ok, ends()}};
const script answered_then_reset{.reads = {ok, fails{errc::interrupted}}};

TEST_F(client, sends_a_get_and_a_head_once_more_where_the_reused_connection_was_closed)
{
    for (const auto* method : {"GET", "HEAD"})
    {
        for (const auto& first : {answered_then_ended, answered_then_reset})
        {
            network_.connections.clear();
            network_.expect(first);
            network_.expect({.reads = {closing}});
            EXPECT_TRUE(send_on_reused(request(method)).has_value());
            ASSERT_THAT(network_.connections, SizeIs(2));
            EXPECT_EQ(network_.connections[0]->written.at(1), network_.connections[1]->written.at(0));
        }
    }
}

TEST_F(client, never_sends_anything_else_twice)
{
    for (const auto* method : {"PUT", "PATCH", "POST", "DELETE", "OPTIONS"})
    {
        for (const auto& first : {answered_then_ended, answered_then_reset})
        {
            SCOPED_TRACE(method);
            network_.connections.clear();
            network_.expect(first);
            EXPECT_EQ(send_on_reused(request(method)).error().code, errc::interrupted);
            EXPECT_THAT(network_.connections, SizeIs(1));
            EXPECT_EQ(network_.open(), 0U);
        }
    }
}

TEST_F(client, sends_a_get_no_third_time)
{
    network_.expect(answered_then_ended);
    network_.expect({.reads = {ends()}});
    EXPECT_EQ(send_on_reused(request()).error().code, errc::interrupted);
    EXPECT_EQ(network_.dials, 2U);
}

TEST_F(client, sends_a_get_only_once_on_a_new_connection)
{
    network_.expect({.reads = {ends()}});
    EXPECT_EQ(send(request()).error().code, errc::interrupted);
    EXPECT_EQ(network_.dials, 1U);
}

TEST_F(client, does_not_send_a_get_again_once_something_of_an_answer_has_come)
{
    network_.expect({.reads = {ok, "H", ends()}});
    EXPECT_EQ(send_on_reused(request()).error().code, errc::interrupted);
    EXPECT_EQ(network_.dials, 1U);
}

TEST_F(client, does_not_send_a_get_again_that_was_answered_with_garbage)
{
    network_.expect({.reads = {ok, "garbage"}});
    EXPECT_EQ(send_on_reused(request()).error().code, errc::bad_answer);
    EXPECT_EQ(network_.dials, 1U);
}

TEST_F(client, gives_the_second_try_no_more_time_than_the_first)
{
    network_.expect(answered_then_ended);
    network_.expect({.reads = {stalls()}});
    const auto start = clock().now();
    EXPECT_EQ(send_on_reused(request()).error().code, errc::interrupted);
    EXPECT_EQ(clock().now(), start + 10s);
}

// Failures that prove that nothing was sent, and others.

struct failure
{
    std::string_view name;
    script steps;
    errc expected;
};

const failure failures[] = {
    {"connecting fails", {.connect = fails{errc::unreachable}}, errc::unreachable},
    {"the TLS settings are bad", {.connect = fails{errc::invalid}}, errc::invalid},
    {"the kernel takes nothing of the request",
     {.write = fails{errc::unreachable}, .reads = {fails{errc::interrupted}}},
     errc::unreachable},
    {"the request is cut",
     {.write = fails{errc::interrupted}, .reads = {fails{errc::interrupted}}},
     errc::interrupted},
    {"reset before the answer", {.reads = {fails{errc::interrupted}}}, errc::interrupted},
    {"end before the answer", {.reads = {ends()}}, errc::interrupted},
    {"end within the header", {.reads = {"HTTP/1.1 200 OK\r\nContent-Le", ends()}}, errc::interrupted},
    {"end within the body",
     {.reads = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", ends()}},
     errc::interrupted},
    {"reset within the body",
     {.reads = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", fails{errc::interrupted}}},
     errc::interrupted},
    {"cut within a body that ends with the connection",
     {.reads = {"HTTP/1.1 200 OK\r\n\r\nok", fails{errc::interrupted}}},
     errc::interrupted},
    {"garbage", {.reads = {"garbage"}}, errc::bad_answer},
    {"garbage within the body",
     {.reads = {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzzzz\r\n"}},
     errc::bad_answer},
    {"nothing is answered in time", {.reads = {stalls()}}, errc::interrupted},
    {"the header does not end in time", {.reads = {"HTTP/1.1 200 OK\r\n", stalls()}}, errc::interrupted},
    {"the body does not end in time",
     {.reads = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", stalls()}},
     errc::interrupted},
    {"the request is not taken in time", {.write = stalls()}, errc::interrupted},
};

TEST_F(client, tells_what_was_never_sent_from_what_may_have_been)
{
    for (const auto& failure : failures)
    {
        SCOPED_TRACE(failure.name);
        network_.expect(failure.steps);
        const auto answer = send(request("PUT"));
        ASSERT_FALSE(answer.has_value());
        EXPECT_EQ(answer.error().code, failure.expected) << answer.error().message;
        EXPECT_THAT(answer.error().message, HasSubstr("http://cloud.example: "));
        EXPECT_EQ(network_.open(), 0U);
    }
}

TEST_F(client, takes_an_answer_that_comes_although_the_request_could_not_be_sent_whole)
{
    for (const auto code : {errc::interrupted, errc::unreachable})
    {
        network_.expect(
            {.write = fails{code},
             .reads = {"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"}}
        );
        const auto answer = send(request("PUT"));
        ASSERT_TRUE(answer.has_value());
        EXPECT_EQ(answer->status, 413);
    }
}

TEST_F(client, never_reuses_a_connection_that_did_not_take_the_whole_request)
{
    network_.expect({.write = fails{errc::interrupted}, .reads = {ok}});
    EXPECT_TRUE(send(request()).has_value());
    EXPECT_EQ(network_.open(), 0U);
}

TEST_F(client, refuses_a_request_whose_deadline_has_passed_without_sending_it)
{
    network_.expect({});
    auto late = request();
    late.deadline = clock().now();
    EXPECT_EQ(send(std::move(late)).error().code, errc::unreachable);
    EXPECT_THAT(network_.connections.at(0)->written, SizeIs(0));
    EXPECT_EQ(network_.open(), 0U);
}

TEST_F(client, sends_nothing_after_the_time_for_it_though_the_deadline_is_to_come)
{
    network_.expect({});
    auto late = request();
    late.send_by = clock().now();
    EXPECT_EQ(send(std::move(late)).error().code, errc::too_late);
    EXPECT_THAT(network_.connections.at(0)->written, SizeIs(0));
}

TEST_F(client, connects_for_as_long_as_the_deadline_allows)
{
    network_.expect({.reads = {closing}});
    auto put = request("PUT");
    put.send_by = clock().now() + 3s;
    const auto deadline = put.deadline;
    EXPECT_TRUE(send(std::move(put)).has_value());
    EXPECT_EQ(network_.connections.at(0)->deadline, deadline);
}

class late_put : public client
{
protected:
    net::http_request put()
    {
        auto put = request("PUT");
        put.fresh_connection = true;
        return put;
    }
    // Sends a PUT that comes too late.
    void be_late(script then)
    {
        network_.expect(std::move(then));
        auto late = put();
        late.send_by = clock().now();
        EXPECT_EQ(send(std::move(late)).error().code, errc::too_late);
        EXPECT_EQ(network_.open(), 1U);
    }
};

TEST_F(late_put, leaves_its_connection_to_the_next_one)
{
    be_late({.reads = {closing}});
    EXPECT_TRUE(send(put()).has_value());
    EXPECT_EQ(network_.dials, 1U);
}

// Otherwise the reads after it would take the connection away.
TEST_F(late_put, leaves_its_connection_to_no_read)
{
    be_late({.reads = {closing}});
    network_.expect({.reads = {closing}});
    EXPECT_TRUE(send(request()).has_value());
    EXPECT_EQ(network_.dials, 2U);
    EXPECT_TRUE(send(put()).has_value());
    EXPECT_EQ(network_.dials, 2U);
}

TEST_F(late_put, leaves_its_connection_to_no_other_server)
{
    be_late({.reads = {closing}});
    network_.expect({.reads = {closing}});
    auto other = put();
    other.origin.host = "other.example";
    EXPECT_TRUE(send(std::move(other)).has_value());
    EXPECT_EQ(network_.dials, 2U);
}

TEST_F(late_put, leaves_a_connection_that_is_good_for_a_few_seconds)
{
    be_late({});
    advance(8s);
    network_.expect({.reads = {closing}});
    EXPECT_TRUE(send(put()).has_value());
    EXPECT_EQ(network_.dials, 2U);
    EXPECT_EQ(network_.open(), 0U);
}

TEST_F(late_put, is_not_sent_over_a_connection_that_the_server_has_closed)
{
    be_late({});
    network_.connections.at(0)->quiet = false;
    network_.expect({.reads = {closing}});
    EXPECT_TRUE(send(put()).has_value());
    EXPECT_EQ(network_.dials, 2U);
}

TEST_F(client, ends_at_the_deadline_of_the_whole_exchange)
{
    network_.expect({.reads = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", stalls()}});
    const auto start = clock().now();
    EXPECT_FALSE(send(request()).has_value());
    EXPECT_EQ(clock().now(), start + 10s);
}

TEST_F(client, bounds_the_answer_by_what_the_request_allows)
{
    network_.expect({.reads = {"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx"}});
    auto small = request();
    small.max_response_bytes = 500;
    const auto answer = send(std::move(small));
    EXPECT_EQ(answer.error().code, errc::too_large);
    EXPECT_THAT(answer.error().message, HasSubstr("too large"));
}

// Cancellation.

TEST_F(client, leaves_nothing_behind_where_it_is_cancelled)
{
    const script stalled[] = {
        {.connect = stalls()},
        {.write = stalls()},
        {.reads = {stalls()}},
        {.reads = {"HTTP/1.1 200 OK\r\n", stalls()}},
        {.reads = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", stalls()}},
    };
    for (const auto& steps : stalled)
    {
        network_.expect(steps);
        bool ended = false;
        const auto cancel =
            spawn([](net::http_client* through, net::http_request request, bool* out) -> support::task<> {
                (void)co_await through->send(std::move(request));
                *out = true;
            }(client_.get(), request(), &ended));
        step();
        EXPECT_EQ(clock().sleepers(), std::holds_alternative<stalls>(steps.connect) ? 0U : 1U);
        cancel();
        step();
        EXPECT_FALSE(ended) << "cancellation must unwind, not return";
        EXPECT_EQ(network_.open(), 0U);
        EXPECT_EQ(clock().sleepers(), 0U);
    }
}

// Streams.

class stream : public client
{
protected:
    std::unique_ptr<net::http_stream> open(net::http_request request)
    {
        auto opened = run(client_->open(std::move(request)));
        return opened ? std::move(*opened) : nullptr;
    }
    support::result<std::string> read(net::http_stream& from) { return run(from.read(clock().now() + 60s)); }
};

const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST_F(stream, is_there_with_the_header_and_gives_pieces_as_they_come)
{
    network_.expect({.reads = {chunked, "3\r\none\r\n", "3\r\ntwo\r\n5\r\nth", "ree\r\n0\r\n\r\n"}});
    const auto opened = open(request());
    ASSERT_NE(opened, nullptr);
    EXPECT_EQ(opened->status(), 200);
    EXPECT_EQ(net::find_header(opened->headers(), "transfer-encoding"), "chunked");
    EXPECT_EQ(read(*opened).value(), "one");
    EXPECT_EQ(read(*opened).value(), "twoth");
    EXPECT_EQ(read(*opened).value(), "ree");
    EXPECT_EQ(read(*opened).value(), "");
    EXPECT_EQ(read(*opened).value(), "") << "the end stays the end";
}

TEST_F(stream, gives_what_came_with_the_header_at_once)
{
    network_.expect({.reads = {chunked + "3\r\none\r\n", stalls()}});
    const auto opened = open(request());
    const auto start = clock().now();
    EXPECT_EQ(read(*opened).value(), "one");
    EXPECT_EQ(clock().now(), start);
    EXPECT_EQ(read(*opened).error().code, errc::interrupted);
}

TEST_F(stream, is_bounded_in_its_header_alone)
{
    network_.expect({.reads = {chunked, "3e8\r\n" + std::string(1000, 'x') + "\r\n", stalls()}});
    auto small = request();
    small.max_response_bytes = 100;
    const auto opened = open(std::move(small));
    EXPECT_THAT(read(*opened).value(), SizeIs(1000));
    network_.expect({.reads = {"HTTP/1.1 200 OK\r\nX: " + std::string(100, 'x')}});
    auto large = request();
    large.max_response_bytes = 100;
    EXPECT_EQ(run(client_->open(std::move(large))).error().code, errc::bad_answer);
}

TEST_F(stream, ends_with_an_error_where_it_is_cut_or_silent_and_then_gives_nothing_more)
{
    const std::pair<script, errc> cuts[] = {
        {{.reads = {chunked, ends()}}, errc::interrupted},
        {{.reads = {chunked, "3\r\no", "ne", ends()}}, errc::interrupted},
        {{.reads = {chunked, fails{errc::interrupted}}}, errc::interrupted},
        {{.reads = {chunked, stalls()}}, errc::interrupted},
        {{.reads = {chunked, "zzzzz\r\n"}}, errc::bad_answer},
    };
    for (const auto& [steps, expected] : cuts)
    {
        network_.expect(steps);
        const auto opened = open(request());
        ASSERT_NE(opened, nullptr);
        auto piece = read(*opened);
        while (piece)
        {
            ASSERT_NE(*piece, "") << "a cut was taken for the end";
            piece = read(*opened);
        }
        EXPECT_EQ(piece.error().code, expected) << piece.error().message;
        EXPECT_EQ(network_.open(), 0U);
        EXPECT_EQ(read(*opened).error().code, errc::interrupted);
    }
}

TEST_F(stream, waits_for_the_deadline_of_each_read)
{
    network_.expect({.reads = {chunked, stalls()}});
    const auto opened = open(request());
    const auto start = clock().now();
    EXPECT_FALSE(run(opened->read(start + 25s)).has_value());
    EXPECT_EQ(clock().now(), start + 25s);
}

TEST_F(stream, closes_its_connection_when_it_goes_or_a_read_is_cancelled)
{
    network_.expect({.reads = {chunked, stalls()}});
    auto opened = open(request());
    EXPECT_EQ(network_.open(), 1U);
    const auto cancel = spawn([](net::http_stream* from, support::time_point deadline) -> support::task<> {
        (void)co_await from->read(deadline);
    }(opened.get(), clock().now() + 60s));
    step();
    cancel();
    step();
    EXPECT_EQ(network_.open(), 0U);
    EXPECT_EQ(read(*opened).error().code, errc::interrupted);

    network_.expect({.reads = {chunked}});
    opened = open(request());
    EXPECT_EQ(network_.open(), 1U);
    opened.reset();
    EXPECT_EQ(network_.open(), 0U);
}

TEST_F(stream, opens_once_more_where_the_reused_connection_was_closed)
{
    network_.expect(answered_then_ended);
    network_.expect({.reads = {chunked}});
    EXPECT_TRUE(send(request()).has_value());
    EXPECT_NE(open(request()), nullptr);
}

}  // namespace
