#pragma once

#include "net/http/server_core.hpp"

#include <expected>

namespace net {

enum class unanswered
{
    gone,     // the peer went away
    stopped,  // the time of the connection is over, because the server stops
};

// Calls the handler, and cancels it when the peer goes away or the deadline of the connection ends it. Bytes
// of the next request are received meanwhile. 500 if the handler ends with an exception. `modern`: the peer
// speaks HTTP/1.1.
//
// A peer that ends its side may have closed the connection, or may have nothing more to send and wait for its
// answer; the end looks the same. Go and nginx take it for the first. Here the peer is asked: an interim
// answer (100, RFC 9110 section 15.2), which every client of HTTP/1.1 passes over, resets a connection that
// was closed. Where it cannot be asked, the end is the end with TLS (nothing closes one side alone there),
// and none with HTTP/1.0, which knows no interim answer.
support::task<std::expected<page, unanswered>> call_watched(
    server_core& core, server_connection& peer, server_request request, bool modern
);

}  // namespace net
