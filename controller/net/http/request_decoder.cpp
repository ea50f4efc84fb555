#include "net/http/request_decoder.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace net {
namespace {

using outcome = std::expected<void, refused_request>;

// Bounds one chunk header, and the trailers, because Beast does not.
constexpr std::size_t max_chunk_header = 8 << 10;

// "0" and two line ends. Beast asserts that a last chunk, once begun, is put again only with so many bytes.
constexpr std::size_t shortest_last_chunk = 5;

std::unexpected<refused_request> refuse(int status, std::string why)
{
    return std::unexpected(refused_request{status, std::move(why)});
}

// A body for which little is reserved at once, because the peer may announce any length.
struct patient_body : http::string_body
{
    struct reader : http::string_body::reader
    {
        using base = http::string_body::reader;
        using base::base;

        void init(const boost::optional<std::uint64_t>& length, beast::error_code& ec)
        {
            constexpr std::uint64_t most_reserved = 1 << 10;
            base::init(std::min(length.value_or(0), most_reserved), ec);
        }
    };
};

// Told from the first bytes on, because Beast waits for the end of a header before it says what is wrong.
outcome check_begin(std::string_view bytes)
{
    if (bytes.starts_with('\x16'))  // a handshake of TLS
    {
        return refuse(400, "this port speaks http, not https");
    }
    const auto word = bytes.substr(0, bytes.find(' '));
    const bool is_method = std::ranges::all_of(word, [](unsigned char c) {
        return c > ' ' && c < '\x7f' &&
               std::string_view("\"(),/:;<=>?@[\\]{}").find(static_cast<char>(c)) == std::string_view::npos;
    });
    return is_method ? outcome() : refuse(400, "this is not HTTP/1.1");
}

// RFC 9112 section 3.2: one Host, also an empty one, and nothing in it but a host and a port.
template <class Request>
outcome check_host(const Request& request)
{
    const auto hosts = request.count(http::field::host);
    if (hosts > 1 || (hosts == 0 && request.version() >= 11))
    {
        return refuse(
            400, hosts == 0 ? "the request has no Host header" : "the request has two Host headers"
        );
    }
    if (hosts == 1 && request[http::field::host].find_first_of(" \t,/\\?#@") != beast::string_view::npos)
    {
        return refuse(400, "the Host header is not a host");
    }
    return {};
}

template <class Request>
outcome check_framing(const Request& request)
{
    for (const auto& field : request)
    {
        if (field.name() == http::field::transfer_encoding && request.version() < 11)
        {
            return refuse(400, "HTTP/1.0 has no Transfer-Encoding");
        }
        if (field.name() == http::field::transfer_encoding && !beast::iequals(field.value(), "chunked"))
        {
            return refuse(501, "the only transfer coding that is known is chunked");
        }
        if (field.name() == http::field::expect && !beast::iequals(field.value(), "100-continue"))
        {
            return refuse(417, "the only expectation that is met is 100-continue");
        }
    }
    return {};
}

// The path and query of a target, which may be a whole URL (RFC 9112 section 3.2.2).
std::string_view path_and_query(std::string_view target)
{
    for (const std::string_view scheme : {"http://", "https://"})
    {
        if (beast::iequals(
                {target.data(), std::min(scheme.size(), target.size())}, {scheme.data(), scheme.size()}
            ))
        {
            const auto begin = std::min(target.find_first_of("/?", scheme.size()), target.size());
            return target.substr(begin);
        }
    }
    return target;
}

}  // namespace

class request_decoder::parser final : public http::request_parser<patient_body>
{
    // Leaves trailers out, because they are no headers and header_bytes does not bound them.
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

request_decoder::request_decoder(request_limits limits) : limits_(limits), parser_(std::make_unique<parser>())
{
    // Beast throws for a field of 64 KiB and more.
    parser_->header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(limits.header_bytes, UINT16_MAX)));
    // end_header() sets it.
    parser_->body_limit(boost::none);
}

request_decoder::~request_decoder() = default;

std::expected<void, refused_request> request_decoder::put(std::string& pending)
{
    if (!header_done())
    {
        if (auto taken = put_header(pending); !taken)
        {
            return taken;
        }
    }
    return header_done() && !done() ? put_body(pending) : outcome();
}

std::expected<void, refused_request> request_decoder::put_header(std::string& pending)
{
    if (!parser_->got_some())
    {
        // RFC 9112 section 2.2: line ends before a request are passed over.
        const auto begin = std::min(pending.find_first_not_of("\r\n"), pending.size());
        header_bytes_ += begin;
        pending.erase(0, begin);
        if (header_bytes_ > limits_.header_bytes)
        {
            return refuse(431, "the request's header is too large");
        }
        if (auto checked = check_begin(pending); !checked)
        {
            return checked;
        }
    }
    while (!header_done() && !pending.empty())
    {
        beast::error_code failed;
        const auto used = parser_->put(boost::asio::buffer(pending), failed);
        pending.erase(0, used);
        // Counted here, because the parser's own limit holds for one call of put() alone.
        header_bytes_ += used;
        const bool over = header_bytes_ + (header_done() ? 0 : pending.size()) > limits_.header_bytes;
        if (failed == http::error::header_limit || over)
        {
            return refuse(431, "the request's header is too large");
        }
        if (failed == http::error::need_more)
        {
            return {};
        }
        if (failed)
        {
            return refuse(400, "this is not HTTP/1.1");
        }
    }
    return header_done() ? end_header() : outcome();
}

std::expected<void, refused_request> request_decoder::end_header()
{
    const auto& request = parser_->get();
    if (auto checked = check_host(request); !checked)
    {
        return checked;
    }
    if (auto checked = check_framing(request); !checked)
    {
        return checked;
    }
    const auto announced = parser_->content_length().value_or(0);
    if (limits_.body_bytes == 0)
    {
        body_unread_ = parser_->chunked() || announced > 0;
    }
    else if (announced > limits_.body_bytes)
    {
        return refuse(413, "the request's body is too large");
    }
    parser_->body_limit(limits_.body_bytes);
    parser_->eager(true);
    return {};
}

std::expected<void, refused_request> request_decoder::put_body(std::string& pending)
{
    while (!pending.empty() && !done())
    {
        if (in_element_ && pending.size() < shortest_last_chunk)
        {
            return {};
        }
        beast::error_code failed;
        const auto used = parser_->put(boost::asio::buffer(pending), failed);
        pending.erase(0, used);
        in_element_ = parser_->chunked() && !pending.empty();
        if (failed == http::error::body_limit)
        {
            return refuse(413, "the request's body is too large");
        }
        if (failed && failed != http::error::need_more)
        {
            return refuse(400, "the request's body is not chunked as HTTP/1.1 demands");
        }
        if (!done() && pending.size() > max_chunk_header)
        {
            return refuse(431, "the request's trailers are too large");
        }
        if (failed)
        {
            return {};
        }
    }
    return {};
}

bool request_decoder::header_done() const
{
    return parser_->is_header_done();
}

bool request_decoder::done() const
{
    return parser_->is_done() || (header_done() && body_unread_);
}

std::size_t request_decoder::held() const
{
    return header_bytes_ + parser_->get().body().size();
}

bool request_decoder::head() const
{
    return parser_->get().method() == http::verb::head;
}

bool request_decoder::modern() const
{
    return parser_->get().version() >= 11;
}

bool request_decoder::keep_alive() const
{
    return parser_->keep_alive() && !body_unread_;
}

bool request_decoder::wants_word() const
{
    return modern() && !done() && parser_->get().count(http::field::expect) > 0;
}

server_request request_decoder::take()
{
    auto& message = parser_->get();
    server_request request;
    request.method = message.method_string();
    const auto target = path_and_query({message.target().data(), message.target().size()});
    const auto mark = std::min(target.find('?'), target.size());
    // A URL without a path names "/" (RFC 9110 section 4.2.3).
    request.path = mark == 0 ? "/" : target.substr(0, mark);
    request.query = mark == target.size() ? "" : target.substr(mark + 1);
    for (const auto& field : message)
    {
        request.headers.push_back({field.name_string(), field.value()});
    }
    request.body = std::move(message.body());
    request.body_unread = body_unread_;
    return request;
}

}  // namespace net
