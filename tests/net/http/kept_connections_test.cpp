// Which connections the HTTP client keeps, and what it does where the server has closed one.
#include "net/http/client_fixture.hpp"

#include <gmock/gmock.h>

namespace {

using namespace std::chrono_literals;
using support::errc;
using test::answered_then_ended;
using test::answered_then_reset;
using test::client;
using test::closing;
using test::ends;
using test::ok;
using testing::SizeIs;

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

}  // namespace
