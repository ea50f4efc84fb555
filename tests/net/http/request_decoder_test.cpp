#include "net/http/request_decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using testing::HasSubstr;

constexpr net::request_limits small{.header_bytes = 1000, .body_bytes = 100};

// A request that was put as a whole or byte by byte, and what follows it.
struct decoded
{
    int refused = 0;
    std::string why = {};
    bool done = false;
    net::server_request request = {};
    bool keep = false;
    std::string left = {};
};

decoded decode(const std::string& text, std::size_t piece, net::request_limits limits = small)
{
    net::request_decoder decoder(limits);
    decoded outcome;
    std::string pending;
    std::size_t at = 0;
    for (; at < text.size() && !decoder.done(); at += piece)
    {
        pending += text.substr(at, piece);
        if (const auto put = decoder.put(pending); !put)
        {
            outcome.refused = put.error().status;
            outcome.why = put.error().why;
            return outcome;
        }
    }
    outcome.done = decoder.done();
    if (outcome.done)
    {
        outcome.keep = decoder.keep_alive();
        outcome.request = decoder.take();
    }
    outcome.left = pending + (at < text.size() ? text.substr(at) : "");
    return outcome;
}

// As a whole, in bytes, and in pieces between.
const std::vector<std::size_t> pieces{1, 2, 3, 7, 100'000};

void expect_refused(const std::string& text, int status, const std::string& why = "")
{
    for (const auto piece : pieces)
    {
        const auto outcome = decode(text, piece);
        EXPECT_EQ(outcome.refused, status) << text << "\nin pieces of " << piece << ": " << outcome.why;
        EXPECT_THAT(outcome.why, HasSubstr(why));
    }
}

TEST(request_decoder, gives_a_request_however_it_comes)
{
    const std::string text =
        "POST /v1/a%2Fb?wait=5s&x HTTP/1.1\r\nHost: here\r\nX-Region: sao1\r\nContent-Length: 5\r\n\r\nhello";
    for (const auto piece : pieces)
    {
        const auto outcome = decode(text + "GET /next", piece);
        ASSERT_TRUE(outcome.done) << piece;
        EXPECT_EQ(outcome.request.method, "POST");
        EXPECT_EQ(outcome.request.path, "/v1/a%2Fb");
        EXPECT_EQ(outcome.request.query, "wait=5s&x");
        EXPECT_EQ(net::find_header(outcome.request.headers, "x-region"), "sao1");
        EXPECT_EQ(outcome.request.body, "hello");
        EXPECT_TRUE(outcome.keep);
        EXPECT_EQ(outcome.left, "GET /next") << piece;
    }
}

TEST(request_decoder, puts_a_chunked_body_together_and_leaves_the_trailers_out)
{
    const std::string text =
        "POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX-Late: yes\r\n\r\n";
    for (const auto piece : pieces)
    {
        const auto outcome = decode(text + "GET /next", piece);
        ASSERT_TRUE(outcome.done) << piece << outcome.why;
        EXPECT_EQ(outcome.request.body, "hello");
        EXPECT_EQ(net::find_header(outcome.request.headers, "X-Late"), "");
        EXPECT_EQ(outcome.left, "GET /next") << piece;
    }
    EXPECT_TRUE(decode(text.substr(0, text.find("3;a")) + "0\r\n\r\n", 1).done);
}

TEST(request_decoder, takes_the_forms_of_a_target)
{
    const auto path_of = [](const std::string& target) {
        const auto request = decode("GET " + target + " HTTP/1.1\r\nHost: here\r\n\r\n", 9).request;
        return request.path + "|" + request.query;
    };
    EXPECT_EQ(path_of("/a"), "/a|");
    EXPECT_EQ(path_of("/?"), "/|");
    EXPECT_EQ(path_of("/a?b?c"), "/a|b?c");
    EXPECT_EQ(path_of("http://here/a?b"), "/a|b");
    EXPECT_EQ(path_of("HTTPS://here:443/a"), "/a|");
    EXPECT_EQ(path_of("http://here"), "/|");
    EXPECT_EQ(path_of("http://here?b"), "/|b");
    EXPECT_EQ(path_of("*"), "*|");
}

TEST(request_decoder, passes_over_line_ends_before_a_request)
{
    for (const auto piece : pieces)
    {
        EXPECT_EQ(decode("\r\n\r\nGET /a HTTP/1.1\r\nHost: here\r\n\r\n", piece).request.path, "/a") << piece;
    }
    expect_refused(std::string(2000, '\n'), 431);
}

TEST(request_decoder, knows_whether_the_connection_is_kept)
{
    const auto kept = [](const std::string& version, const std::string& more) {
        return decode("GET / HTTP/" + version + "\r\nHost: here\r\n" + more + "\r\n", 50).keep;
    };
    EXPECT_TRUE(kept("1.1", ""));
    EXPECT_FALSE(kept("1.1", "Connection: close\r\n"));
    EXPECT_FALSE(kept("1.1", "Connection: TE, Close\r\n"));
    EXPECT_FALSE(kept("1.0", ""));
    EXPECT_TRUE(kept("1.0", "Connection: keep-alive\r\n"));
}

TEST(request_decoder, takes_a_folded_line_for_one)
{
    const auto outcome = decode("GET / HTTP/1.1\r\nHost: here\r\nX-Long: one\r\n two\r\n\r\n", 4);
    ASSERT_TRUE(outcome.done) << outcome.why;
    EXPECT_EQ(net::find_header(outcome.request.headers, "X-Long"), "one two");
}

// Each could be read in two ways, so that two readers find two different requests (RFC 9112 section 11.2).
TEST(request_decoder, refuses_a_framing_that_can_be_read_in_two_ways)
{
    const std::string post = "POST / HTTP/1.1\r\nHost: here\r\n";
    expect_refused(post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
    expect_refused(post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400);
    expect_refused(post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
    expect_refused(post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400);
    expect_refused(post + "Content-Length: 3, 4\r\n\r\nabcd", 400);
    expect_refused(post + "Content-Length: +3\r\n\r\nabc", 400);
    expect_refused(post + "Content-Length: -3\r\n\r\nabc", 400);
    expect_refused(post + "Content-Length: 0x3\r\n\r\nabc", 400);
    expect_refused(post + "Content-Length: \r\n\r\nabc", 400);
    expect_refused(post + "Content-Length: 99999999999999999999\r\n\r\nabc", 400);
    expect_refused(post + "Content-Length : 3\r\n\r\nabc", 400);
    expect_refused(post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400);
    expect_refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "HTTP/1.0");
    for (const std::string coding : {"gzip", "gzip, chunked", "chunked, gzip", "identity", "xchunked"})
    {
        expect_refused(post + "Transfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n", 501, "chunked");
    }
    expect_refused(post + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501);
}

TEST(request_decoder, refuses_chunks_that_are_none)
{
    const std::string post = "POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect_refused(post + "x\r\nabc\r\n0\r\n\r\n", 400);
    expect_refused(post + "3\r\nabcd\r\n0\r\n\r\n", 400);
    expect_refused(post + "-1\r\nabc\r\n0\r\n\r\n", 400);
    expect_refused(post + "11111111111111111\r\nabc\r\n0\r\n\r\n", 400);
    expect_refused(post + "1;" + std::string(20'000, 'x'), 431);
    expect_refused(post + "0\r\nX: " + std::string(20'000, 'x') + "\r\n", 431);
}

TEST(request_decoder, refuses_what_is_no_request)
{
    expect_refused("\x16\x03\x01\x02", 400, "https");
    expect_refused("hello\r\n\r\n", 400);
    expect_refused(std::string("\0\0\0", 3), 400);
    expect_refused("{\"a\": 1}", 400);
    expect_refused("GET / HTTP/2.0\r\nHost: here\r\n\r\n", 400);
    expect_refused("GET / HTTP/1.1\r\nHost: here\r\nX\x01: y\r\n\r\n", 400);
    expect_refused("GET / HTTP/1.1\r\nHost: here\r\n: y\r\n\r\n", 400);
    expect_refused("GET / HTTP/1.1\r\n Host: here\r\n\r\n", 400);
    expect_refused("GET / HTTP/1.1\r\n\r\n", 400, "Host");
    expect_refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "Host");
    expect_refused("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "Host");
    expect_refused("GET / HTTP/1.1\r\nHost: me@there\r\n\r\n", 400, "Host");
    EXPECT_TRUE(decode("GET / HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n", 9).done);
    EXPECT_TRUE(decode("GET / HTTP/1.1\r\nHost:\r\n\r\n", 9).done);
    EXPECT_TRUE(decode("GET / HTTP/1.0\r\n\r\n", 9).done);
}

TEST(request_decoder, bounds_the_body)
{
    const std::string post = "POST / HTTP/1.1\r\nHost: here\r\n";
    const auto with = [&](std::size_t size) {
        return post + "Content-Length: " + std::to_string(size) + "\r\n\r\n" + std::string(size, 'x');
    };
    EXPECT_EQ(decode(with(100), 7).request.body, std::string(100, 'x'));
    expect_refused(with(101), 413);
    expect_refused(post + "Content-Length: 101\r\n\r\n", 413);
    const std::string fifty = "32\r\n" + std::string(50, 'x') + "\r\n";
    const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n" + fifty;
    EXPECT_EQ(decode(chunked + fifty + "0\r\n\r\n", 7).request.body, std::string(100, 'x'));
    expect_refused(chunked + fifty + "1\r\nx\r\n", 413);
    expect_refused(chunked + "ffffffff\r\n", 413);
}

TEST(request_decoder, leaves_a_body_alone_where_none_is_read)
{
    const net::request_limits none{.header_bytes = 1000, .body_bytes = 0};
    const auto with = [&](const std::string& more) {
        return decode("POST / HTTP/1.1\r\nHost: here\r\n" + more + "\r\nabc", 1000, none);
    };
    EXPECT_TRUE(with("Content-Length: 3\r\n").request.body_unread);
    EXPECT_TRUE(with("Transfer-Encoding: chunked\r\n").request.body_unread);
    EXPECT_FALSE(with("Content-Length: 3\r\n").keep) << "the body would be read as a request";
    EXPECT_FALSE(with("Content-Length: 0\r\n").request.body_unread);
    EXPECT_TRUE(with("Content-Length: 0\r\n").keep);
}

TEST(request_decoder, says_when_the_peer_waits_for_a_word)
{
    const auto waits = [](const std::string& version, const std::string& more, const std::string& body) {
        net::request_decoder decoder(small);
        std::string pending = "POST / HTTP/" + version + "\r\nHost: here\r\n" + more + "\r\n" + body;
        EXPECT_TRUE(decoder.put(pending));
        return decoder.wants_word();
    };
    const std::string expects = "Expect: 100-Continue\r\nContent-Length: 3\r\n";
    EXPECT_TRUE(waits("1.1", expects, ""));
    EXPECT_FALSE(waits("1.1", expects, "abc")) << "the body is there";
    EXPECT_FALSE(waits("1.0", expects, ""));
    EXPECT_FALSE(waits("1.1", "Content-Length: 3\r\n", ""));
    EXPECT_FALSE(waits("1.1", "Expect: 100-continue\r\n", ""));
    expect_refused("POST / HTTP/1.1\r\nHost: here\r\nExpect: a-miracle\r\n\r\n", 417);
}

}  // namespace
