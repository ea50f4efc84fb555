#pragma once

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
    std::size_t header_bytes = 64 << 10;  // interim responses (1xx) included
    std::size_t total_bytes = SIZE_MAX;   // header and body
};

// Makes one response (HTTP/1.1, RFC 9112) of bytes that come in any pieces. Interim responses (1xx) are
// passed over. Encodings but chunked are refused: none was asked for.
class response_decoder
{
public:
    // `head`: it answers a HEAD, so no body follows. `sensitive`: no copy of the body is left behind.
    response_decoder(bool head, bool sensitive, response_limits limits);
    response_decoder(response_decoder&&) noexcept;
    ~response_decoder();

    // Takes the next bytes, all of them. errc::bad_answer if this is no response or one whose header is too
    // large, errc::too_large if its body is; then nothing more may be put.
    support::result<> put(std::string_view bytes);

    // The peer has ended its side. errc::interrupted if the response was not complete.
    support::result<> put_end();

    bool header_done() const;
    bool done() const;

    // Valid once header_done().
    int status() const;
    std::vector<header> take_headers();

    // What of the body has come since the last call.
    bool has_body() const;
    std::string take_body();

    // Once done: whether another request may follow on this connection (RFC 9112 section 9.3): the peer keeps
    // it open and has sent nothing beyond the response.
    bool reusable() const;

private:
    class parser;

    support::result<> parse(std::string_view& bytes);

    std::unique_ptr<parser> parser_;
    wiped_buffer pending_;  // the beginning of an element that is not complete yet
    bool surplus_ = false;
};

}  // namespace net
