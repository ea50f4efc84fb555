#include "net/http/response_decoder.hpp"

#include "support/secret.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace net {
namespace {

// What one chunk header, or the trailers, may take.
constexpr std::size_t max_chunk_header = 16 << 10;

// "0", two line ends. Beast asserts that it is not asked again for a last chunk of which it has less.
constexpr std::size_t shortest_last_chunk = 5;

// Told from the first byte on, because Beast waits for the end of a header before it says what is wrong.
bool begins_response(std::string_view bytes)
{
    constexpr std::string_view start = "HTTP/1.";
    const auto size = std::min(start.size(), bytes.size());
    return bytes.substr(0, size) == start.substr(0, size);
}

}  // namespace

// Beast's parser, its findings kept as they are needed here.
class response_decoder::parser final : public http::basic_parser<false>
{
public:
    parser(bool head, bool sensitive, response_limits limits)
        : head_(head), sensitive_(sensitive), limits_(limits)
    {
        skip(head);
        body_limit(boost::none);  // counted here, together with the header
        header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(limits.header_bytes, UINT32_MAX)));
    }

    ~parser() override
    {
        for (auto& each : headers_)
        {
            support::wipe(each.value);  // a token, maybe
        }
        if (sensitive_)
        {
            support::wipe(body_);
        }
    }

    // The parser for what follows this interim response.
    std::unique_ptr<parser> next() const
    {
        auto limits = limits_;
        limits.header_bytes -= std::min(limits.header_bytes, header_bytes_);
        limits.total_bytes -= std::min(limits.total_bytes, header_bytes_);
        return std::make_unique<parser>(head_, sensitive_, limits);
    }

    std::unexpected<support::error> why(beast::error_code ec) const
    {
        using support::errc;
        if (!refused_.empty())
        {
            return support::fail(errc::bad_answer, refused_);
        }
        if (ec == http::error::body_limit)
        {
            return support::fail(errc::too_large, "the answer is too large");
        }
        if (ec == http::error::header_limit)
        {
            return support::fail(errc::bad_answer, "the header of the answer is too large");
        }
        return support::fail(errc::bad_answer, "the answer is not HTTP/1.1: " + ec.message());
    }

    bool at_chunk_header() const { return is_header_done() && chunked() && chunk_left_ == 0; }

    bool interim() const { return is_done() && status_ / 100 == 1; }

    std::size_t pending_limit() const
    {
        return is_header_done() ? max_chunk_header : std::min(limits_.header_bytes, limits_.total_bytes);
    }

    void count(std::size_t header_bytes) { header_bytes_ += header_bytes; }

    int status_ = 0;
    std::vector<header> headers_;
    std::string body_;
    std::string refused_;  // why this answer is not taken, if not by Beast

private:
    void on_request_impl(http::verb, beast::string_view, beast::string_view, int, beast::error_code&) override
    {}

    void on_response_impl(int code, beast::string_view, int version, beast::error_code& ec) override
    {
        status_ = code;
        http_1_0_ = version < 11;
        if (code < 100)
        {
            ec = http::error::bad_status;
        }
        else if (code == 101)
        {
            refuse("the server wants to change the protocol", ec);
        }
    }

    void on_field_impl(
        http::field field, beast::string_view name, beast::string_view value, beast::error_code& ec
    ) override
    {
        if (is_header_done())
        {
            return;  // a trailer
        }
        if (field == http::field::transfer_encoding && (http_1_0_ || !beast::iequals(value, "chunked")))
        {
            ec = http::error::bad_transfer_encoding;
            return;
        }
        if (field == http::field::content_encoding && !value.empty() && !beast::iequals(value, "identity"))
        {
            refuse("the body is in an encoding that was not asked for", ec);
            return;
        }
        headers_.push_back({std::string(name), std::string(value)});
    }

    void on_header_impl(beast::error_code&) override {}

    void on_body_init_impl(const boost::optional<std::uint64_t>& length, beast::error_code& ec) override
    {
        if (length)
        {
            expect(*length, ec);
            if (!ec)
            {
                body_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, 1 << 20)));
            }
        }
    }

    std::size_t on_body_impl(beast::string_view piece, beast::error_code& ec) override
    {
        expect(piece.size(), ec);
        if (ec)
        {
            return 0;
        }
        append(piece);
        body_bytes_ += piece.size();
        return piece.size();
    }

    void on_chunk_header_impl(std::uint64_t size, beast::string_view, beast::error_code& ec) override
    {
        expect(size, ec);
        chunk_left_ = size;
    }

    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view piece, beast::error_code& ec) override
    {
        chunk_left_ -= piece.size();
        return on_body_impl(piece, ec);
    }

    void on_finish_impl(beast::error_code&) override {}

    void refuse(std::string why, beast::error_code& ec)
    {
        refused_ = std::move(why);
        ec = http::error::bad_value;
    }

    void expect(std::uint64_t more, beast::error_code& ec) const
    {
        if (more > limits_.total_bytes - std::min(limits_.total_bytes, header_bytes_ + body_bytes_))
        {
            ec = http::error::body_limit;
        }
    }

    void append(beast::string_view piece)
    {
        if (sensitive_ && body_.size() + piece.size() > body_.capacity())
        {
            std::string larger;
            larger.reserve(std::max(2 * body_.capacity(), body_.size() + piece.size()));
            larger = body_;
            support::wipe(body_);
            body_.swap(larger);
        }
        body_.append(piece);
    }

    bool head_;
    bool sensitive_;
    response_limits limits_;
    bool http_1_0_ = false;
    std::size_t header_bytes_ = 0;
    std::size_t body_bytes_ = 0;
    std::uint64_t chunk_left_ = 0;
};

response_decoder::response_decoder(bool head, bool sensitive, response_limits limits)
    : parser_(std::make_unique<parser>(head, sensitive, limits))
{}

response_decoder::response_decoder(response_decoder&&) noexcept = default;
response_decoder::~response_decoder() = default;

support::result<> response_decoder::put(std::string_view bytes)
{
    if (pending_.empty())
    {
        auto parsed = parse(bytes);
        pending_.assign(bytes.begin(), bytes.end());
        return parsed;
    }
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
    std::string_view rest(pending_.data(), pending_.size());
    auto parsed = parse(rest);
    pending_.erase(pending_.begin(), pending_.end() - static_cast<std::ptrdiff_t>(rest.size()));
    return parsed;
}

// Takes what it can from the front of `bytes`; what it leaves is the beginning of something.
support::result<> response_decoder::parse(std::string_view& bytes)
{
    while (!bytes.empty() && !parser_->is_done())
    {
        const bool in_header = !parser_->is_header_done();
        if (!parser_->got_some() && !begins_response(bytes))
        {
            return support::fail(
                support::errc::bad_answer,
                bytes.starts_with("\x15\x03") ? "the server speaks TLS on this port; use https"
                                              : "the answer is not HTTP/1.1"
            );
        }
        if (parser_->at_chunk_header() && bytes.size() < shortest_last_chunk)
        {
            return {};
        }
        beast::error_code ec;
        const auto used = parser_->put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
        if (ec && ec != http::error::need_more)
        {
            return parser_->why(ec);
        }
        bytes.remove_prefix(used);
        if (in_header)
        {
            parser_->count(used);
        }
        if (ec == http::error::need_more)
        {
            if (bytes.size() > parser_->pending_limit())
            {
                return parser_->why(http::error::header_limit);
            }
            return {};
        }
        if (parser_->interim())
        {
            parser_ = parser_->next();
        }
    }
    surplus_ = surplus_ || !bytes.empty();
    bytes = {};
    return {};
}

support::result<> response_decoder::put_end()
{
    if (done())
    {
        return {};
    }
    if (!parser_->got_some())
    {
        return support::fail(
            support::errc::interrupted, "the server closed the connection without an answer"
        );
    }
    beast::error_code ec;
    parser_->put_eof(ec);
    if (ec)
    {
        return support::fail(
            support::errc::interrupted, "the server closed the connection within its answer"
        );
    }
    return {};
}

bool response_decoder::header_done() const
{
    return parser_->is_header_done();
}

bool response_decoder::done() const
{
    return parser_->is_done();
}

int response_decoder::status() const
{
    return parser_->status_;
}

std::vector<header> response_decoder::take_headers()
{
    return std::exchange(parser_->headers_, {});
}

std::string response_decoder::take_body()
{
    return std::exchange(parser_->body_, {});
}

bool response_decoder::has_body() const
{
    return !parser_->body_.empty();
}

bool response_decoder::reusable() const
{
    return done() && !surplus_ && parser_->keep_alive();
}

}  // namespace net
