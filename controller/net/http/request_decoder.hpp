#pragma once

#include "net/http/handler.hpp"

#include <cstddef>
#include <expected>
#include <memory>
#include <string>

namespace net {

struct request_limits
{
    std::size_t header_bytes = 8 << 10;  // request line included
    std::size_t body_bytes = 0;          // 0: no body is read
};

// What the server answers to a request that it does not accept.
struct refused_request
{
    int status = 400;
    std::string why;
};

// Decodes one request (HTTP/1.0 and HTTP/1.1, RFC 9112) from bytes that come in pieces of any size. A request
// whose framing can be read in two ways is refused: Content-Length beside Transfer-Encoding, two lengths, a
// transfer coding other than chunked, a space before a colon. A line that is folded (obs-fold) is one line.
class request_decoder
{
public:
    explicit request_decoder(request_limits limits);
    ~request_decoder();

    // Takes from the front of `pending` what belongs to this request. What is left there is the beginning of
    // an element that is not complete, or of the next request. After an error nothing more may be put.
    std::expected<void, refused_request> put(std::string& pending);

    bool header_done() const;
    bool done() const;
    std::size_t held() const;  // bytes of the request in memory, without those pending

    // Valid once header_done().
    bool head() const;        // the answer has no body
    bool modern() const;      // HTTP/1.1: the peer understands chunks and interim answers
    bool keep_alive() const;  // another request may follow
    bool wants_word() const;  // the peer waits for "100 Continue" before it sends its body
    server_request take();    // without `peer`; the body if done()

private:
    class parser;

    std::expected<void, refused_request> put_header(std::string& pending);
    std::expected<void, refused_request> put_body(std::string& pending);
    std::expected<void, refused_request> end_header();

    request_limits limits_;
    std::unique_ptr<parser> parser_;
    std::size_t header_bytes_ = 0;  // that were taken
    bool in_element_ = false;       // of the body: its beginning is pending
    bool body_unread_ = false;
};

}  // namespace net
