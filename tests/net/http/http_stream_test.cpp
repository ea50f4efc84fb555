// Answers that are read as they come.
#include "net/http/client_fixture.hpp"

#include <gmock/gmock.h>

namespace {

using namespace std::chrono_literals;
using support::errc;
using test::answered_then_ended;
using test::client;
using test::ends;
using test::fails;
using test::script;
using test::stalls;
using testing::SizeIs;

const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

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
