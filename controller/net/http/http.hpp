#pragma once

#include "net/transport/origin.hpp"
#include "support/clock.hpp"
#include "support/error.hpp"
#include "support/secret.hpp"
#include "support/task.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// HTTP/1.1 as the rooms above see it: requests and responses as values, and a client behind an interface.
namespace net {

struct header
{
    std::string name;
    std::string value;
};

// Compares two names of headers without case (RFC 9110 section 5.1).
bool same_name(std::string_view a, std::string_view b);

struct http_request
{
    std::string method = "GET";
    net::origin origin;
    std::string target = "/";  // path and query, percent-encoded
    // Without Host, Content-Length, Connection and User-Agent, because the client writes those.
    std::vector<header> headers;
    std::string body;
    // Null: the trust of the system. Requests with the same pointer share connections.
    std::shared_ptr<const tls_settings> tls;
    // The end of the whole exchange, connecting included.
    support::time_point deadline{};
    // The request is not sent after this time: the error is too_late then, and the connection that was opened
    // meanwhile is kept for the next request that asks for a new one.
    std::optional<support::time_point> send_by = {};
    // Bounds header and body together; a larger answer is errc::too_large.
    std::size_t max_response_bytes = 4 << 20;
    // Uses a connection on which nothing was sent before, so that a cut connection is never one that the
    // server had closed after an earlier answer.
    bool fresh_connection = false;
    // Request and response bodies hold secrets: every buffer is wiped after use.
    bool sensitive = false;
    // Whom the request is for, in metrics: "kubernetes", or the type of the service in a catalog. A literal.
    std::string_view service = {};
};

struct http_response
{
    int status = 0;
    std::vector<header> headers;
    std::string body;
};

// The first header of that name; empty if there is none.
std::string_view find_header(const std::vector<header>& headers, std::string_view name);

// The Location of a redirect (RFC 9110 section 10.2.2) in one line, for people: without user info, query and
// fragment, because these may hold secrets. Empty if there is none.
std::string redirect_target(const std::vector<header>& headers);

// The Retry-After of a response (RFC 9110 section 10.2.3), a minute at most; a date counts as a minute. Empty
// if there is none, or if it is neither seconds nor a date.
std::optional<std::chrono::seconds> retry_after(const std::vector<header>& headers);

// A response whose body is read as it comes. Destroying the stream closes the connection; a stream must not
// be destroyed while read() runs.
class http_stream
{
public:
    virtual ~http_stream() = default;

    virtual int status() const = 0;
    virtual const std::vector<header>& headers() const = 0;

    // Waits for the next piece of the body; an empty piece is the proper end of the body. After an error the
    // stream gives nothing more. Errors: interrupted (cut, reset, nothing until `deadline`), bad_answer.
    virtual support::task<support::result<std::string>> read(support::time_point deadline) = 0;
};

// Sends requests over connections that are kept and reused. A response of any status is a success.
// Errors: invalid (the request or its TLS settings are malformed; nothing was sent), unreachable (nothing was
// sent), too_late (nothing was sent before send_by, or for want of a place before the deadline), interrupted
// (the request was sent, its fate is unknown), bad_answer (the answer is not HTTP, or its header is too
// large), too_large.
// A GET or HEAD whose reused connection turns out to be closed is sent once more on a new connection. No
// other request is sent twice.
class http_client
{
public:
    virtual ~http_client() = default;

    virtual support::task<support::result<http_response>> send(http_request request) = 0;

    // Returns when the header has come; max_response_bytes bounds the header alone.
    virtual support::task<support::result<std::unique_ptr<http_stream>>> open(http_request request) = 0;
};

}  // namespace net
