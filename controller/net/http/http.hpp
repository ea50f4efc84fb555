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

// HTTP/1.1 as the layers above see it: requests and responses as values, and a client behind an interface.
namespace net {

struct header
{
    std::string name;
    std::string value;
};

// Names of headers are compared without case (RFC 9110 section 5.1).
bool same_name(std::string_view a, std::string_view b);

struct http_request
{
    std::string method = "GET";
    net::origin origin;
    std::string target = "/";     // path and query, percent-encoded
    std::vector<header> headers;  // Host, Content-Length, Connection and User-Agent are the client's
    std::string body;
    std::shared_ptr<const tls_settings> tls;  // null: the system's trust; connections are shared by pointer
    support::time_point deadline{};           // of the whole exchange, connecting included
    std::optional<support::time_point> send_by = {};  // after it nothing is sent any more (unreachable)
    std::size_t max_response_bytes = 4 << 20;  // of header and body; a larger answer is errc::too_large
    bool fresh_connection = false;  // never sent on an idle connection, so that a cut is never one of before
    bool sensitive = false;  // request and response bodies hold secrets: every buffer is wiped after use
};

struct http_response
{
    int status = 0;
    std::vector<header> headers;
    std::string body;
};

// The first header of that name; empty if there is none.
std::string_view find_header(const std::vector<header>& headers, std::string_view name);

// Retry-After (RFC 9110 section 10.2.3), a minute at most; a date counts as a minute. Empty if there is none
// or it is neither seconds nor a date.
std::optional<std::chrono::seconds> retry_after(const std::vector<header>& headers);

// A response whose body is read as it comes. Destroying it, not while read() runs, closes the connection.
class http_stream
{
public:
    virtual ~http_stream() = default;

    virtual int status() const = 0;
    virtual const std::vector<header>& headers() const = 0;

    // Waits for the next piece of the body; an empty one is its proper end. After an error nothing more
    // comes. Errors: interrupted (cut, reset, nothing until `deadline`), bad_answer.
    virtual support::task<support::result<std::string>> read(support::time_point deadline) = 0;
};

// Sends requests; connections are kept and reused. A response of any status is a success.
// Errors: invalid (the request or its TLS settings are malformed; nothing was sent), unreachable (nothing was
// sent), interrupted (sent, fate unknown), bad_answer (not HTTP, or its header too large),
// too_large.
// A GET or HEAD that finds its reused connection closed is sent once more on a new one; nothing else is ever
// sent twice.
class http_client
{
public:
    virtual ~http_client() = default;

    virtual support::task<support::result<http_response>> send(http_request request) = 0;

    // Returns when the header is there; max_response_bytes bounds the header alone.
    virtual support::task<support::result<std::unique_ptr<http_stream>>> open(http_request request) = 0;
};

}  // namespace net
