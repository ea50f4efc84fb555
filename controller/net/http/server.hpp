#pragma once

#include "net/transport/listen_address.hpp"
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
#include <vector>

// A small HTTP/1.1 server for operators: a few pages, each rendered at its request.
namespace net {

struct page
{
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body = {};
    // Replaces `body`. Each piece is rendered when the peer has taken the piece before, so that a long page
    // is never in memory as a whole. Empty after the last piece.
    std::function<std::optional<std::string>()> pieces = {};
};

// Serves GET and HEAD of exactly this path, with any query.
struct route
{
    std::string path;
    std::function<page()> get;
};

struct server_limits
{
    std::size_t header_bytes = 8 << 10;  // of a request; the server never reads a body
    // One more connection closes the one that was quiet longest.
    std::size_t connections = 32;
    // The time to send a whole request, and the time to take its answer.
    support::duration request = std::chrono::seconds(10);
    support::duration idle = std::chrono::minutes(2);  // between two requests
};

class server
{
public:
    virtual ~server() = default;

    virtual std::uint16_t port() const = 0;

    // Serves until stop(); returns when all connections have ended.
    virtual support::task<> run() = 0;
    virtual void stop() = 0;
};

// Listens on `address`; connections are served once run() runs. `clock`, and the objects that the routes
// refer to, must live until run() returns. errc::invalid if the address is not available.
support::result<std::unique_ptr<server>> listen(
    boost::asio::any_io_executor executor,
    support::clock& clock,
    const listen_address& address,
    std::vector<route> routes,
    server_limits limits = {}
);

}  // namespace net
