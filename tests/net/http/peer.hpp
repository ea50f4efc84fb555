#pragma once

#include "fakes/certificates/certificates.hpp"
#include "support/manual_clock.hpp"
#include "support/task.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

// Servers on 127.0.0.1 that behave as a test tells them, and real sockets to talk to them. The servers run on
// the event loop of the tested object, so that a test has an order and needs no waiting. The test moves the
// clock.
namespace test {

// One accepted connection. A failure on it ends its coroutine without an error.
class peer_connection
{
public:
    virtual ~peer_connection() = default;

    // Reads a whole request, by its Content-Length.
    virtual support::task<std::string> read_request() = 0;
    virtual support::task<> write(std::string text) = 0;
    // Ends TLS properly (close_notify).
    virtual support::task<> end() = 0;
    // Closes with RST, so that the other side loses the bytes that it has not read.
    virtual void reset() = 0;
    // Waits until the other side has closed.
    virtual support::task<> wait_closed() = 0;
};

struct peer_tls
{
    certificate own;
    std::string chain_pem = {};
    std::string client_ca_pem = {};  // not empty: a client certificate is required
    int max_version = 0;             // TLS1_1_VERSION …; 0: the newest
};

using behaviour = std::function<support::task<>(std::shared_ptr<peer_connection>)>;

// Ends all its connections when it is destroyed, so that `does` may refer to objects that were declared
// before the peer.
class peer
{
public:
    // Listens on `address`, on a free port if `port` is 0. `tls` null: plain TCP.
    peer(
        boost::asio::io_context& context,
        behaviour does,
        std::shared_ptr<const peer_tls> tls = nullptr,
        const std::string& address = "127.0.0.1",
        std::uint16_t port = 0
    );
    ~peer();
    peer(const peer&) = delete;
    peer& operator=(const peer&) = delete;

    std::uint16_t port() const;
    std::size_t accepted() const;

private:
    struct state;
    boost::asio::io_context& context_;
    std::shared_ptr<state> state_;
};

// A port of 127.0.0.1 that refuses connections: it is reserved, and nobody listens on it.
class deaf_port
{
public:
    explicit deaf_port(boost::asio::io_context& context);
    std::uint16_t port() const;

private:
    boost::asio::ip::tcp::socket bound_;
};

// A port that never answers a SYN, so that connecting to it hangs.
class black_hole
{
public:
    explicit black_hole(
        boost::asio::io_context& context, const std::string& address = "127.0.0.1", std::uint16_t port = 0
    );
    std::uint16_t port() const;

private:
    boost::asio::ip::tcp::acceptor acceptor_;
    std::vector<boost::asio::ip::tcp::socket> fillers_;
};

// A fixture with sockets. Work that is left on the loop at the end fails the test.
class wire : public testing::Test
{
public:
    boost::asio::io_context& context() { return context_; }
    boost::asio::any_io_executor executor() { return context_.get_executor(); }
    manual_clock& clock() { return clock_; }

    // Runs `job` to its end and rethrows its exception.
    template <class T>
    T run(support::task<T> job)
    {
        std::optional<T> value;
        run_void(store(std::move(job), value));
        return std::move(value).value();
    }
    void run(support::task<> job) { run_void(std::move(job)); }

    // Runs until `done`.
    void run_until(const std::function<bool()>& done);

    // Starts `job` and returns a function that cancels it.
    std::function<void()> spawn(support::task<> job);

protected:
    void TearDown() override;

private:
    template <class T>
    static support::task<> store(support::task<T> job, std::optional<T>& value)
    {
        value.emplace(co_await std::move(job));
    }
    void run_void(support::task<> job);

    boost::asio::io_context context_;
    manual_clock clock_{context_.get_executor()};
};

}  // namespace test
