#pragma once

#include "net/http/handler.hpp"
#include "net/transport/listen_address.hpp"
#include "net/transport/served_certificate.hpp"
#include "support/clock.hpp"
#include "support/error.hpp"
#include "support/task.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

// An HTTP/1.1 server. What it answers is decided by a handler.
namespace net {

struct server_limits
{
    std::size_t header_bytes = 8 << 10;  // of a request, its first line included
    std::size_t body_bytes = 0;          // of a request; 0: no body is read
    // Of all requests together that have come in part. A request that is not complete when there is more gets
    // 503.
    std::size_t incomplete_bytes = 16 << 20;
    // Of all answers together that their peers have not taken yet. With more, the answers that were begun
    // first are cut.
    std::size_t unread_bytes = 16 << 20;
    // One more connection closes the one that was quiet longest. A connection whose request is being answered
    // is never closed for another one; if there is no other, the new one gets 503.
    std::size_t connections = 32;
    support::duration header =
        std::chrono::seconds(10);  // to send a header, and before: for TLS, and to begin
    support::duration request = std::chrono::seconds(10);  // to send a whole request
    support::duration answer = std::chrono::seconds(10);   // to take an answer
    support::duration idle = std::chrono::minutes(2);      // between two requests
};

// One answer, for the log of the server's owner.
struct served_request
{
    std::string method = {};           // empty if the request was no HTTP
    std::string path = {};             // without the query
    std::string peer = {};             // an address
    int status = 0;                    // 499, as in nginx, if the peer went away before there was an answer
    std::size_t bytes = 0;             // of the body that was sent
    support::duration took{};          // from the first byte of the request to the last of the answer
    bool taken = false;                // whether the kernel took the whole answer
    std::vector<header> headers = {};  // of the page
    std::string refused = {};          // why the server itself answered; empty if the handler did
};

struct server_options
{
    server_limits limits = {};
    // Renders what the server itself refuses, such as 400 for what is not HTTP; empty: plain text.
    std::function<page(int status, std::string why)> refusal = {};
    // Called after each answer.
    std::function<void(const served_request&)> served = {};
    // Serves https. The files are read again each minute.
    std::optional<certificate_files> tls = {};
};

class server
{
public:
    virtual ~server() = default;

    virtual std::uint16_t port() const = 0;

    // Serves until stop(); returns when all connections have ended.
    virtual support::task<> run() = 0;

    // Closes all connections; a handler that runs is cancelled.
    virtual void stop() = 0;

    // Takes no more requests, and stops when the requests that have come are answered, or after `grace`: a
    // handler that still runs is cancelled then, and its peer gets 503.
    virtual void stop_within(support::duration grace) = 0;
};

// Listens on `address`; connections are served once run() runs. `clock`, and the objects that the handler
// refers to, must live until run() returns. errc::invalid if the address is not available,
// or if the certificate cannot be used.
support::result<std::unique_ptr<server>> listen(
    boost::asio::any_io_executor executor,
    support::clock& clock,
    const listen_address& address,
    handler answers,
    server_options options = {}
);

}  // namespace net
