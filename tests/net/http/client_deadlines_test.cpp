// Until when the HTTP client sends and waits.
#include "net/http/client_fixture.hpp"

#include <gmock/gmock.h>

namespace {

using namespace std::chrono_literals;
using support::errc;
using test::answered_then_ended;
using test::client;
using test::closing;
using test::script;
using test::stalls;
using testing::SizeIs;

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

TEST_F(client, ends_at_the_deadline_of_the_whole_exchange)
{
    network_.expect({.reads = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", stalls()}});
    const auto start = clock().now();
    EXPECT_FALSE(send(request()).has_value());
    EXPECT_EQ(clock().now(), start + 10s);
}

TEST_F(client, gives_the_second_try_no_more_time_than_the_first)
{
    network_.expect(answered_then_ended);
    network_.expect({.reads = {stalls()}});
    const auto start = clock().now();
    EXPECT_EQ(send_on_reused(request()).error().code, errc::interrupted);
    EXPECT_EQ(clock().now(), start + 10s);
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

}  // namespace
