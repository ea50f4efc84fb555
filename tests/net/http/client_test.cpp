#include "net/http/client.hpp"

#include "net/http/client_fixture.hpp"

#include <gmock/gmock.h>

namespace {

using support::errc;
using test::client;
using test::ends;
using test::fails;
using test::ok;
using test::script;
using test::stalls;
using testing::HasSubstr;
using testing::Not;

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

TEST_F(client, bounds_the_answer_by_what_the_request_allows)
{
    network_.expect({.reads = {"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx"}});
    auto small = request();
    small.max_response_bytes = 500;
    const auto answer = send(std::move(small));
    EXPECT_EQ(answer.error().code, errc::too_large);
    EXPECT_THAT(answer.error().message, HasSubstr("too large"));
}

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

}  // namespace
