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

// A small HTTP/1.1 server for what operators ask of a program: a few pages, made when they are asked for.
namespace net {

struct page
{
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body = {};
    // Instead of a body: each piece is made when the peer has taken the one before, so that a long page is
    // never there as a whole; empty after the last.
    std::function<std::optional<std::string>()> pieces = {};
};

// GET (and HEAD) of exactly this path, whatever its query.
struct route
{
    std::string path;
    std::function<page()> get;
};

struct server_limits
{
    std::size_t header_bytes = 8 << 10;  // of a request; a body is never read
    std::size_t connections = 32;        // where one more comes, the one that was quiet longest is closed
    support::duration request = std::chrono::seconds(10);  // to send a request whole, and to take its answer
    support::duration idle = std::chrono::minutes(2);      // between two requests
};

class server
{
public:
    virtual ~server() = default;

    virtual std::uint16_t port() const = 0;

    // Serves until stop(); returns when no connection is left.
    virtual support::task<> run() = 0;
    virtual void stop() = 0;
};

// Listens; what comes is served once run() runs. `clock`, and what the routes refer to, must live until then.
// errc::invalid: the address cannot be had.
support::result<std::unique_ptr<server>> listen(
    boost::asio::any_io_executor executor,
    support::clock& clock,
    const listen_address& address,
    std::vector<route> routes,
    server_limits limits = {}
);

}  // namespace net
