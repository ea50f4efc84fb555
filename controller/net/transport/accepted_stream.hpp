#pragma once

#include "support/error.hpp"
#include "support/task.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace net {

// The server's end of a connection, plain or TLS. Unlike a byte_stream it separates the wait for bytes from
// reading them, so that a connection that waits holds no buffer, and interrupt() can end a wait from outside.
// A wait that is cancelled, or whose stream is closed, throws as every await does. Destroying the stream
// closes the connection.
class accepted_stream
{
public:
    virtual ~accepted_stream() = default;

    // To be awaited first. Errors: interrupted. What the peer is told then may still be written if
    // speaks_plainly().
    virtual support::task<support::result<>> handshake() = 0;
    // Whether what is written is sent as it is.
    virtual bool speaks_plainly() const = 0;

    // Waits until read() finds something; false: interrupt() ended the wait.
    virtual support::task<bool> wait_readable() = 0;

    // Takes what has come into `space`, without a wait: empty if nothing has, 0 if the peer has ended its
    // side. Errors: interrupted.
    virtual support::result<std::optional<std::size_t>> read(std::span<char> space) = 0;

    // Returns when the kernel has taken all of `data`, which must live until then. Errors: interrupted, also
    // by interrupt().
    virtual support::task<support::result<>> write(std::string_view data) = 0;

    // Sends `data` without a wait; false if the kernel does not take all of it.
    virtual bool write_now(std::string_view data) = 0;

    // Waits until the peer resets the connection, or interrupt().
    virtual support::task<> wait_reset() = 0;

    // Ends this side; what the peer sends can still be read.
    virtual void end() = 0;
    virtual void close() = 0;

    // Ends the wait that runs, and every later one, until resume().
    virtual void interrupt() = 0;
    virtual void resume() = 0;

    // The address of the peer, without its port.
    virtual const std::string& peer() const = 0;
};

std::unique_ptr<accepted_stream> accept_plain(boost::asio::ip::tcp::socket socket);

}  // namespace net
