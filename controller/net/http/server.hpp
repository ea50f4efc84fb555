#pragma once

#include "net/http/handler.hpp"
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

// An HTTP/1.1 server. What it answers is decided by a handler.
namespace net {

struct server_limits
{
    std::size_t header_bytes = 8 << 10;  // of a request; the server never reads a body
    // One more connection closes the one that was quiet longest.
    std::size_t connections = 32;
    // The time to send a whole request, and the time to take its answer.
    support::duration request = std::chrono::seconds(10);
    support::duration idle = std::chrono::minutes(2);  // between two requests
};

struct server_options
{
    server_limits limits = {};
    // Renders what the server itself refuses, such as 400 for what is not HTTP; empty: plain text.
    std::function<page(int status, std::string why)> refusal = {};
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

// Listens on `address`; connections are served once run() runs. `clock`, and the objects that the handler
// refers to, must live until run() returns. errc::invalid if the address is not available.
support::result<std::unique_ptr<server>> listen(
    boost::asio::any_io_executor executor,
    support::clock& clock,
    const listen_address& address,
    handler answers,
    server_options options = {}
);

}  // namespace net
