#pragma once

#include "net/http/http.hpp"
#include "support/task.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

// What a server and the room that answers its requests say to each other, as values.
namespace net {

struct server_request
{
    std::string method;
    std::string path;   // percent-encoded, as sent, before '?'
    std::string query;  // percent-encoded, after '?'
    std::vector<header> headers;
    std::string body;
    std::string peer;  // the address, for logs
    // The request has a body, and the server reads none, because server_limits::body_bytes is 0.
    bool body_unread = false;
};

struct page
{
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body = {};
    // Replaces `body`. Each piece is rendered when the peer has taken the piece before, so that a long page
    // is never in memory as a whole. Empty after the last piece.
    std::function<std::optional<std::string>()> pieces = {};
    // Further headers, without those of framing. One named Cache-Control replaces the server's "no-store".
    std::vector<header> headers = {};
};

// Answers one request. Cancelled when the peer goes away or the server stops. An exception is a bug: it is
// logged, and the peer gets 500.
using handler = std::function<support::task<page>(server_request)>;

// Serves GET and HEAD of exactly this path, with any query.
struct route
{
    std::string path;
    std::function<page()> get;
};

// Serves fixed pages, each rendered at its request: 404 for other paths, 405 for other methods, 413 for
// requests with a body.
handler serve_pages(std::vector<route> routes);

}  // namespace net
