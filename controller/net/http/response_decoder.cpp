#include "net/http/response_decoder.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/vector_body.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace net {
namespace {

using support::errc;
using support::fail;

// Bounds one chunk header, and the trailers, because Beast does not.
constexpr std::size_t max_chunk_header = 16 << 10;

// "0" and two line ends. Beast asserts that a last chunk, once begun, is put again only with so many bytes.
constexpr std::size_t shortest_last_chunk = 5;

// Told from the first byte on, because Beast waits for the end of a header before it says what is wrong.
bool begins_response(std::string_view bytes)
{
    constexpr std::string_view start = "HTTP/1.";
    return start.starts_with(bytes.substr(0, start.size()));
}

// A vector and no string, because a string keeps short texts outside the allocator that wipes.
struct wiped_body : http::vector_body<char, wiping_allocator<char>>
{
    // Reserves little at once, because the peer may announce any length.
    struct reader : vector_body::reader
    {
        using vector_body::reader::reader;

        void init(const boost::optional<std::uint64_t>& length, beast::error_code& ec)
        {
            vector_body::reader::init(std::min<std::uint64_t>(length.value_or(0), 1 << 20), ec);
        }
    };
};

std::unexpected<support::error> refusal(beast::error_code ec)
{
    if (ec == http::error::body_limit)
    {
        return fail(errc::too_large, "the answer is too large");
    }
    if (ec == http::error::header_limit)
    {
        return fail(errc::bad_answer, "the header of the answer is too large");
    }
    return fail(errc::bad_answer, "the answer is not HTTP/1.1: " + ec.message());
}

// What Beast lets through but this client refuses.
template <class Response>
support::result<> check_header(const Response& response)
{
    if (response.result_int() < 100)
    {
        return refusal(http::error::bad_status);
    }
    if (response.result() == http::status::switching_protocols)
    {
        return fail(errc::bad_answer, "the server wants to change the protocol");
    }
    for (const auto& field : response)
    {
        if (field.name() == http::field::transfer_encoding &&
            (response.version() < 11 || !beast::iequals(field.value(), "chunked")))
        {
            return refusal(http::error::bad_transfer_encoding);
        }
        if (field.name() == http::field::content_encoding && !field.value().empty() &&
            !beast::iequals(field.value(), "identity"))
        {
            return fail(errc::bad_answer, "the body is in an encoding that was not asked for");
        }
    }
    return {};
}

}  // namespace

class response_decoder::parser final : public http::response_parser<wiped_body, wiping_allocator<char>>
{
    // Leaves trailers out, because they are no headers and header_limit does not bound them.
    void
    on_field_impl(http::field field, beast::string_view name, beast::string_view value, beast::error_code&)
        override
    {
        if (!is_header_done())
        {
            get().insert(field, name, value);
        }
    }
};

response_decoder::response_decoder(bool head, response_limits limits) : head_(head), limits_(limits)
{
    limits_.header_bytes = std::min(limits.header_bytes, limits.total_bytes);
    begin_response();
}

response_decoder::response_decoder(response_decoder&&) noexcept = default;
response_decoder::~response_decoder() = default;

void response_decoder::begin_response()
{
    parser_ = std::make_unique<parser>();
    parser_->skip(head_);
    // Beast throws for a field of 64 KiB and more.
    parser_->header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(limits_.header_bytes, UINT16_MAX))
    );
    // end_header() sets it, because the header counts too.
    parser_->body_limit(boost::none);
}

support::result<> response_decoder::put(std::string_view bytes)
{
    const bool in_chunk_header = header_done() && !pending_.empty();
    if (chunked_)
    {
        chunk_spaces_.pass(bytes, pending_);
    }
    else
    {
        pending_.insert(pending_.end(), bytes.begin(), bytes.end());
    }
    if (in_chunk_header && pending_.size() < shortest_last_chunk)
    {
        return {};
    }
    std::size_t taken = 0;
    auto parsed = parse(taken);
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(taken));
    return parsed;
}

// Takes what it can from the front of what is pending and leaves the beginning of an element that is not
// complete.
support::result<> response_decoder::parse(std::size_t& taken)
{
    while (taken < pending_.size() && !done())
    {
        const bool in_header = !header_done();
        if (in_header)
        {
            add_missing_space(taken);
        }
        const std::string_view bytes(pending_.data() + taken, pending_.size() - taken);
        if (!parser_->got_some() && !begins_response(bytes))
        {
            return bytes.starts_with("\x15\x03")
                       ? fail(errc::bad_answer, "the server speaks TLS on this port; use https")
                       : fail(errc::bad_answer, "the answer is not HTTP/1.1");
        }
        beast::error_code ec;
        const auto used = parser_->put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
        taken += used;
        if (ec == http::error::need_more && header_done() && bytes.size() - used > max_chunk_header)
        {
            ec = http::error::header_limit;
        }
        if (ec && ec != http::error::need_more)
        {
            return refusal(ec);
        }
        if (in_header)
        {
            limits_.header_bytes -= std::min(limits_.header_bytes, used);
            limits_.total_bytes -= std::min(limits_.total_bytes, used);
        }
        if (ec)
        {
            return {};
        }
        if (in_header)
        {
            if (auto ended = end_header(); !ended)
            {
                return ended;
            }
            remove_chunk_spaces(taken);
        }
    }
    surplus_ = surplus_ || taken < pending_.size();
    taken = pending_.size();
    return {};
}

// Beast demands the space that RFC 9112 section 4 puts after the status code even where no reason follows. It
// takes nothing of a header before it is complete, so the status line is still there.
void response_decoder::add_missing_space(std::size_t start_of_response)
{
    constexpr std::string_view pattern = "HTTP/1.x xxx\r";
    if (pending_.size() - start_of_response < pattern.size())
    {
        return;
    }
    const auto begin = pending_.begin() + static_cast<std::ptrdiff_t>(start_of_response);
    const auto end_of_code = begin + static_cast<std::ptrdiff_t>(pattern.size() - 1);
    if (*end_of_code == '\r' && *(end_of_code - 4) == ' ')
    {
        pending_.insert(end_of_code, ' ');
    }
}

void response_decoder::remove_chunk_spaces(std::size_t start_of_body)
{
    chunked_ = header_done() && !done() && parser_->chunked();
    if (chunked_)
    {
        const wiped_buffer body(
            pending_.begin() + static_cast<std::ptrdiff_t>(start_of_body), pending_.end()
        );
        pending_.resize(start_of_body);
        chunk_spaces_.pass({body.data(), body.size()}, pending_);
    }
}

// Goes on to the next header after an interim response, else to the body.
support::result<> response_decoder::end_header()
{
    if (auto checked = check_header(parser_->get()); !checked)
    {
        return checked;
    }
    if (status() / 100 == 1)
    {
        begin_response();
        return {};
    }
    if (!done() && parser_->content_length().value_or(0) > limits_.total_bytes)
    {
        return refusal(http::error::body_limit);
    }
    parser_->body_limit(limits_.total_bytes);
    parser_->eager(true);
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
        return fail(errc::interrupted, "the server closed the connection without an answer");
    }
    beast::error_code ec;
    parser_->put_eof(ec);
    if (ec)
    {
        return fail(errc::interrupted, "the server closed the connection within its answer");
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
    return static_cast<int>(parser_->get().result_int());
}

std::vector<header> response_decoder::take_headers()
{
    std::vector<header> headers;
    for (const auto& field : parser_->get())
    {
        headers.push_back({field.name_string(), field.value()});
    }
    parser_->get().clear();
    return headers;
}

bool response_decoder::has_body() const
{
    return !parser_->get().body().empty();
}

std::string response_decoder::take_body()
{
    const auto body = std::exchange(parser_->get().body(), {});
    return {body.begin(), body.end()};
}

bool response_decoder::reusable() const
{
    return done() && !surplus_ && parser_->keep_alive();
}

}  // namespace net
