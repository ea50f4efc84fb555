#pragma once

#include "net/http/chunk_spaces.hpp"
#include "net/http/http.hpp"
#include "net/http/wiped.hpp"
#include "support/error.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace net {

struct response_limits
{
    // Interim responses (1xx) included.
    std::size_t header_bytes = 64 << 10;
    // Header and body.
    std::size_t total_bytes = SIZE_MAX;
};

// Decodes one response (HTTP/1.1, RFC 9112) from bytes that come in pieces of any size. Interim responses
// (1xx) are passed over. Every encoding except chunked is refused, because the client asks for none. All
// buffers are wiped when they are freed, because the response may hold a token or a key. As in curl, Go and
// Python, a status line may end after the code without a space, and spaces may follow the size of a chunk.
class response_decoder
{
public:
    // `head`: the response answers a HEAD request and has no body.
    response_decoder(bool head, response_limits limits);
    response_decoder(response_decoder&&) noexcept;
    ~response_decoder();

    // Takes all of the next bytes. After an error nothing more may be put. errc::bad_answer: the bytes are no
    // HTTP response, or its header is too large. errc::too_large: its body is too large.
    support::result<> put(std::string_view bytes);

    // The peer has ended its side. errc::interrupted: the response is not complete.
    support::result<> put_end();

    bool header_done() const;
    bool done() const;

    // Valid once header_done().
    int status() const;
    std::vector<header> take_headers();

    // The part of the body that came since the last take_body().
    bool has_body() const;
    std::string take_body();

    // Whether another request may follow on this connection once the response is done (RFC 9112 section 9.3):
    // the peer keeps the connection open and has sent nothing beyond the response.
    bool reusable() const;

private:
    class parser;

    void begin_response();
    support::result<> parse(std::size_t& taken);
    void add_missing_space(std::size_t start_of_response);
    void remove_chunk_spaces(std::size_t start_of_body);
    support::result<> end_header();

    bool head_;
    // What is left of them for the next response header, or for the body.
    response_limits limits_;
    std::unique_ptr<parser> parser_;
    // The beginning of a header, chunk header or trailer that is not complete yet.
    wiped_buffer pending_;
    bool chunked_ = false;  // the body that comes now
    chunk_space_remover chunk_spaces_;
    bool surplus_ = false;
};

}  // namespace net
