#include "net/http/response_decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace {

using support::errc;
using testing::HasSubstr;

// The outcome of a response, which is the same however the response is cut into pieces.
struct outcome
{
    std::string error;  // empty: none
    errc code = errc::invalid;
    bool done = false;
    int status = 0;
    std::string body;
    bool reusable = false;
    std::vector<std::string> headers;

    bool operator==(const outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const outcome& o)
{
    return out << "{error \"" << o.error << "\" done " << o.done << " status " << o.status << " body \""
               << o.body << "\" reusable " << o.reusable << " headers " << testing::PrintToString(o.headers)
               << "}";
}

struct decoding
{
    bool head = false;
    net::response_limits limits = {};
    bool end = true;  // the peer ends after the bytes
};

outcome decode(const std::vector<std::string_view>& pieces, decoding how = {})
{
    net::response_decoder decoder(how.head, how.limits);
    outcome decoded;
    const auto put = [&](auto&& result) {
        if (!result)
        {
            decoded.error = result.error().message;
            decoded.code = result.error().code;
        }
        return result.has_value();
    };
    for (const auto piece : pieces)
    {
        if (!put(decoder.put(piece)))
        {
            return decoded;
        }
        decoded.body += decoder.take_body();
    }
    if (how.end && !put(decoder.put_end()))
    {
        return decoded;
    }
    decoded.done = decoder.done();
    if (decoder.header_done())
    {
        decoded.status = decoder.status();
        for (const auto& [name, value] : decoder.take_headers())
        {
            decoded.headers.push_back(name + ": " + value);
        }
    }
    decoded.reusable = decoder.reusable();
    return decoded;
}

outcome decode(std::string_view bytes, decoding how = {})
{
    return decode(std::vector{bytes}, how);
}

outcome answer(int status, std::string body, bool reusable, std::vector<std::string> headers)
{
    return {"", errc::invalid, true, status, std::move(body), reusable, std::move(headers)};
}

struct kind
{
    std::string_view name;
    std::string_view bytes;
    outcome expected;
    bool head = false;
    bool ends_itself = true;  // false: the response ends where the peer ends
};

const kind kinds[] = {
    {"content-length",
     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
     answer(200, "hello", true, {"Content-Length: 5"})},
    {"empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", answer(200, "", true, {"Content-Length: 0"})},
    {"no reason",
     "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}",
     answer(200, "{}", true, {"Content-Length: 2"})},
    {"neither a reason nor a space before it",
     "HTTP/1.1 201\r\nContent-Length: 2\r\n\r\n{}",
     answer(201, "{}", true, {"Content-Length: 2"})},
    {"neither of both after an interim response without them",
     "HTTP/1.1 100\r\n\r\nHTTP/1.1 204\r\n\r\n",
     answer(204, "", true, {})},
    {"spaces after the size of a chunk",
     "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n5  \r\nhello\r\na\t ;x=y\r\n,  everyon\r\n01 "
     "\r\ne\r\n0   "
     "\r\nX-Sum: 1\r\n\r\n",
     answer(200, "hello,  everyone", true, {"Transfer-Encoding: chunked"})},
    {"chunked",
     "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n, "
     "everyone\r\n0\r\n\r\n",
     answer(201, "hello, everyone", true, {"Transfer-Encoding: chunked"})},
    {"chunked with trailers",
     "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n",
     answer(200, "a", true, {"transfer-encoding: Chunked"})},
    {"until the end",
     "HTTP/1.1 200 OK\r\nX: y\r\n\r\nhello",
     answer(200, "hello", false, {"X: y"}),
     false,
     false},
    {"HTTP/1.0 until the end", "HTTP/1.0 200 OK\r\n\r\nhello", answer(200, "hello", false, {}), false, false},
    {"HTTP/1.0 with a length",
     "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
     answer(200, "ok", false, {"Content-Length: 2"})},
    {"HTTP/1.0 kept open",
     "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok",
     answer(200, "ok", true, {"Content-Length: 2", "Connection: keep-alive"})},
    {"connection close",
     "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
     answer(200, "ok", false, {"Connection: close", "Content-Length: 2"})},
    {"204", "HTTP/1.1 204 No Content\r\n\r\n", answer(204, "", true, {})},
    {"304 with a length",
     "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
     answer(304, "", true, {"Content-Length: 9"})},
    {"answer to HEAD",
     "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
     answer(200, "", true, {"Content-Length: 9"}),
     true},
    {"after 100 Continue",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 "
     "OK\r\nContent-Length: 2\r\n\r\nok",
     answer(200, "ok", true, {"Content-Length: 2"})},
    {"folded and spaced values",
     "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nE:\r\nContent-Length:  2 \r\n\r\nok",
     answer(200, "ok", true, {"A: b c", "E: ", "Content-Length: 2"})},
    {"the same length twice",
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
     answer(200, "ok", true, {"Content-Length: 2", "Content-Length: 2"})},
};

TEST(response_decoder, reads_every_kind_of_response_whole)
{
    for (const auto& kind : kinds)
    {
        SCOPED_TRACE(kind.name);
        EXPECT_EQ(decode(kind.bytes, {.head = kind.head}), kind.expected);
    }
}

TEST(response_decoder, knows_by_itself_where_a_response_ends)
{
    for (const auto& kind : kinds)
    {
        SCOPED_TRACE(kind.name);
        EXPECT_EQ(decode(kind.bytes, {.head = kind.head, .end = false}).done, kind.ends_itself);
    }
}

TEST(response_decoder, reads_the_same_from_single_bytes_and_from_any_two_pieces)
{
    for (const auto& kind : kinds)
    {
        SCOPED_TRACE(kind.name);
        std::vector<std::string_view> bytes;
        for (std::size_t i = 0; i < kind.bytes.size(); ++i)
        {
            bytes.push_back(kind.bytes.substr(i, 1));
        }
        EXPECT_EQ(decode(bytes, {.head = kind.head}), kind.expected);
        for (std::size_t cut = 1; cut < kind.bytes.size(); ++cut)
        {
            SCOPED_TRACE(cut);
            EXPECT_EQ(
                decode({kind.bytes.substr(0, cut), kind.bytes.substr(cut)}, {.head = kind.head}),
                kind.expected
            );
        }
    }
}

TEST(response_decoder, tells_a_response_that_is_cut_at_any_byte_from_a_whole_one)
{
    for (const auto& kind : kinds)
    {
        SCOPED_TRACE(kind.name);
        const auto header_size = kind.bytes.rfind("\r\n\r\n") + 4;
        for (std::size_t cut = 0; cut < kind.bytes.size(); ++cut)
        {
            SCOPED_TRACE(cut);
            const auto decoded = decode(kind.bytes.substr(0, cut), {.head = kind.head});
            if (!kind.ends_itself && cut >= header_size)
            {
                // Nobody can tell the end of this response from a cut by plain TCP. TLS can
                // (stream_truncated).
                EXPECT_TRUE(decoded.done);
                continue;
            }
            EXPECT_FALSE(decoded.done);
            EXPECT_EQ(decoded.code, errc::interrupted) << decoded;
            EXPECT_THAT(decoded.error, HasSubstr("the server closed the connection"));
        }
    }
}

TEST(response_decoder, gives_no_further_use_to_a_connection_with_bytes_after_the_end)
{
    for (const auto& kind : kinds)
    {
        SCOPED_TRACE(kind.name);
        if (!kind.ends_itself)
        {
            continue;
        }
        const auto more = std::string(kind.bytes) + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
        auto expected = kind.expected;
        expected.reusable = false;
        EXPECT_EQ(decode(more, {.head = kind.head}), expected);
    }
}

struct refusal
{
    std::string_view name;
    std::string_view bytes;
    std::string_view why;
};

const refusal refusals[] = {
    {"garbage", "\x01\x02\x03 garbage\r\n\r\n", "not HTTP/1.1"},
    {"HTML alone", "<html><body>hello</body></html>\r\n\r\n", "not HTTP/1.1"},
    {"a TLS alert", "\x15\x03\x03\x00\x02\x02\x46", "speaks TLS"},
    {"another protocol", "SSH-2.0-OpenSSH_9.2p1\r\n", "not HTTP/1.1"},
    {"HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", "not HTTP/1.1"},
    {"HTTP/0.9", "HTTP/0.9 200 OK\r\n\r\n", "not HTTP/1.1"},
    {"no status", "HTTP/1.1 OK\r\n\r\n", "not HTTP/1.1"},
    {"status 099", "HTTP/1.1 099 Odd\r\n\r\n", "not HTTP/1.1"},
    {"status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", "not HTTP/1.1"},
    {"bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "not HTTP/1.1"},
    {"space before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok", "not HTTP/1.1"},
    {"header without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", "not HTTP/1.1"},
    {"NUL in a value", std::string_view("HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n", 27), "not HTTP/1.1"},
    {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!", "Content-Length"},
    {"a list of two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok!", "Content-Length"},
    {"negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "Content-Length"},
    {"length that is no number", "HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nok", "Content-Length"},
    {"length beyond 64 bit",
     "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\nok",
     "Content-Length"},
    {"length and chunked",
     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "Transfer-Encoding"},
    {"chunked and length",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
     "Content-Length"},
    {"chunked twice",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "Transfer-Encoding"},
    {"gzip, then chunked",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
     "Transfer-Encoding"},
    {"unknown transfer encoding",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
     "Transfer-Encoding"},
    {"chunked in HTTP/1.0",
     "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "Transfer-Encoding"},
    {"gzip that nobody asked for",
     "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b",
     "encoding that was not asked for"},
    {"a change of protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", "change the protocol"
    },
    {"chunk size that is no number",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
     "chunk"},
    {"chunk longer than its size",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n",
     "chunk"},
    {"chunk size beyond 64 bit",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\nhello",
     "chunk"},
    {"a chunk size with a space in it",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1 0\r\nhello, everyone!\r\n0\r\n\r\n",
     "chunk"},
    {"a space before a chunk size",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n",
     "chunk"},
    {"spaces instead of a chunk size",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n  \r\n\r\n",
     "chunk"},
    {"length in a trailer",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n",
     "Content-Length"},
};

TEST(response_decoder, refuses_what_could_be_read_in_two_ways_and_what_is_no_http)
{
    for (const auto& refusal : refusals)
    {
        SCOPED_TRACE(refusal.name);
        const auto decoded = decode(refusal.bytes);
        EXPECT_EQ(decoded.code, errc::bad_answer) << decoded;
        EXPECT_THAT(decoded.error, HasSubstr(refusal.why));
        // Single bytes are refused too, though perhaps only when the peer ends.
        std::vector<std::string_view> bytes;
        for (std::size_t i = 0; i < refusal.bytes.size(); ++i)
        {
            bytes.push_back(refusal.bytes.substr(i, 1));
        }
        EXPECT_FALSE(decode(bytes).done);
    }
}

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\n";

TEST(response_decoder, takes_a_response_of_exactly_its_limit_and_none_beyond)
{
    const std::string header = std::string(ok) + "Content-Length: 100\r\n\r\n";
    const std::string whole = header + std::string(100, 'x');
    EXPECT_TRUE(decode(whole, {.limits = {.total_bytes = whole.size()}}).done);
    const auto decoded = decode(whole, {.limits = {.total_bytes = whole.size() - 1}});
    EXPECT_EQ(decoded.code, errc::too_large);
    EXPECT_EQ(decoded.error, "the answer is too large");
}

TEST(response_decoder, refuses_a_body_by_its_announced_length_before_it_comes)
{
    const auto decoded = decode(
        std::string(ok) + "Content-Length: 4294967296\r\n\r\nx",
        {.limits = {.total_bytes = 1000}, .end = false}
    );
    EXPECT_EQ(decoded.error, "the answer is too large");
    EXPECT_EQ(
        decode(
            std::string(ok) + "Transfer-Encoding: chunked\r\n\r\nffffffff\r\n",
            {.limits = {.total_bytes = 1000}, .end = false}
        )
            .error,
        "the answer is too large"
    );
}

TEST(response_decoder, bounds_what_comes_without_a_length)
{
    const auto endless = [](std::string start, std::string_view piece, net::response_limits limits) {
        net::response_decoder decoder(false, limits);
        auto result = decoder.put(start);
        std::size_t sent = 0;
        for (; result && sent < (1 << 20); sent += piece.size())
        {
            result = decoder.put(piece);
        }
        EXPECT_FALSE(result.has_value()) << "took " << sent << " bytes";
        return result ? errc::invalid : result.error().code;
    };
    const net::response_limits small{.header_bytes = 1000, .total_bytes = 4000};
    EXPECT_EQ(endless("", "a", small), errc::bad_answer);
    EXPECT_EQ(endless("HTTP/1.1 200 ", "a", small), errc::bad_answer);
    EXPECT_EQ(endless(std::string(ok) + "X: ", "a", small), errc::bad_answer);
    EXPECT_EQ(endless(std::string(ok), "A: b\r\n", small), errc::bad_answer);
    EXPECT_EQ(endless(std::string(ok) + "A: b\r\n", " c\r\n", small), errc::bad_answer);
    EXPECT_EQ(endless(std::string(ok) + "\r\n", "a", small), errc::too_large);
    EXPECT_EQ(endless("", "HTTP/1.1 100 Continue\r\n\r\n", small), errc::bad_answer);
    const std::string chunked = std::string(ok) + "Transfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(endless(chunked, "1\r\na\r\n", small), errc::too_large);
    EXPECT_EQ(endless(chunked, "0", {}), errc::bad_answer);
    EXPECT_EQ(endless(chunked + "1;", "x", {}), errc::bad_answer);
    EXPECT_EQ(endless(chunked + "0\r\n", "A: b\r\n", {}), errc::bad_answer);
}

TEST(response_decoder, keeps_an_unlimited_body_coming_in_bounded_pieces)
{
    net::response_decoder decoder(false, {});
    ASSERT_TRUE(decoder.put(std::string(ok) + "Transfer-Encoding: chunked\r\n\r\n").has_value());
    for (int i = 0; i < 100; ++i)
    {
        ASSERT_TRUE(decoder.put("5\r\nhello\r\n").has_value());
        EXPECT_TRUE(decoder.has_body());
        EXPECT_EQ(decoder.take_body(), "hello");
        EXPECT_FALSE(decoder.has_body());
    }
}

TEST(response_decoder, sets_no_memory_aside_for_a_body_that_is_only_announced)
{
    net::response_decoder decoder(false, {});
    ASSERT_TRUE(decoder.put(std::string(ok) + "Content-Length: 4611686018427387904\r\n\r\nx").has_value());
    EXPECT_EQ(decoder.take_body(), "x");
    EXPECT_FALSE(decoder.done());
}

TEST(response_decoder, refuses_a_field_that_is_too_long_whatever_the_limits_allow)
{
    const std::string large(1 << 17, 'x');
    const net::response_limits none{.header_bytes = SIZE_MAX};
    EXPECT_EQ(
        decode(std::string(ok) + "A: " + large + "\r\n\r\n", {.limits = none}).error,
        "the header of the answer is too large"
    );
    EXPECT_EQ(
        decode(std::string(ok) + large + ": a\r\n\r\n", {.limits = none}).error,
        "the header of the answer is too large"
    );
}

// Any bytes give a result and never a crash: responses with a few bytes changed, moved or left out.
TEST(response_decoder, survives_mutated_responses)
{
    std::mt19937 random(1);
    const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    constexpr std::string_view alphabet = "\r\n :;,0159aAfFhxX\t\x7f\xff";
    std::size_t done = 0;
    std::size_t refused = 0;
    for (int trial = 0; trial < 20'000; ++trial)
    {
        const auto& kind = kinds[below(std::size(kinds))];
        std::string bytes(kind.bytes);
        for (std::size_t changes = 1 + below(3); changes > 0; --changes)
        {
            const auto at = below(bytes.size());
            switch (below(4))
            {
                case 0:
                    bytes[at] = alphabet[below(alphabet.size())];
                    break;
                case 1:
                    bytes.insert(at, 1, alphabet[below(alphabet.size())]);
                    break;
                case 2:
                    bytes.erase(at, 1 + below(4));
                    break;
                default:
                    bytes.insert(at, bytes.substr(below(bytes.size()), below(20)));
                    break;
            }
            bytes += 'x';
        }
        const auto cut = below(bytes.size());
        const std::string_view all = bytes;
        const auto decoded = decode(
            {all.substr(0, cut), all.substr(cut)}, {.head = kind.head, .limits = {.total_bytes = 10'000}}
        );
        EXPECT_NE(decoded.done, !decoded.error.empty());
        ++(decoded.done ? done : refused);
    }
    EXPECT_GT(done, 1000U);
    EXPECT_GT(refused, 1000U);
}

}  // namespace
