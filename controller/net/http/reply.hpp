#pragma once

#include "net/http/handler.hpp"
#include "support/clock.hpp"

#include <string>
#include <string_view>

namespace net {

// A page as it is sent as the answer to one request.
struct reply
{
    net::page page = {};
    // Answers HEAD: the header alone is sent.
    bool head = false;
    // Whether the connection is kept for another request.
    bool keep = false;
    // Answers HTTP/1.1, where a connection is kept without a word.
    bool modern = true;
    // Whether the pieces are sent in chunks; otherwise the end of the connection ends them.
    bool chunked = false;

    bool has_pieces() const { return static_cast<bool>(page.pieces) && !head; }
};

// The status line and the headers. `now` is the Date.
std::string header_of(const reply& answer, support::wall_time now);

// The body that header_of() announces, if it is sent whole.
std::string_view body_of(const reply& answer);

// An empty piece ends the chunks (RFC 9112 section 7.1).
std::string chunk_of(std::string_view piece);

}  // namespace net
