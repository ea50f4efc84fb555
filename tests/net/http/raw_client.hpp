#pragma once

#include "net/http/peer.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

namespace test {

// A client that sends the given bytes and keeps the bytes that it received.
class raw_client
{
public:
    raw_client(wire& test, const boost::asio::ip::tcp::endpoint& to) : test_(test), socket_(test.context())
    {
        socket_.connect(to);
        socket_.non_blocking(true);
    }

    void send(const std::string& text)
    {
        test_.run([](boost::asio::ip::tcp::socket& socket, std::string sent) -> support::task<> {
            co_await boost::asio::async_write(socket, boost::asio::buffer(sent), tuple);
        }(socket_, text));
    }

    // Receives until `end` or the end of the connection.
    std::string receive_until(const std::string& end)
    {
        return test_.run([](raw_client& self, std::string last) -> support::task<std::string> {
            while (!self.closed_ && !self.received_.contains(last))
            {
                co_await self.read();
            }
            const auto size = std::min(self.received_.find(last), self.received_.size()) + last.size();
            const auto taken = self.received_.substr(0, size);
            self.received_.erase(0, size);
            co_return taken;
        }(*this, end));
    }

    // Receives until the end of the connection.
    std::string receive()
    {
        return test_.run([](raw_client& self) -> support::task<std::string> {
            while (!self.closed_)
            {
                co_await self.read();
            }
            co_return self.received_;
        }(*this));
    }

    // Receives until the end of the connection, which may be a reset.
    void wait_closed()
    {
        test_.run([](raw_client& self) -> support::task<> {
            std::array<char, 65536> piece;
            for (bool more = true; more;)
            {
                const auto [failed, size] =
                    co_await self.socket_.async_read_some(boost::asio::buffer(piece), tuple);
                more = !failed;
            }
        }(*this));
    }

    std::string ask(const std::string& text)
    {
        send(text);
        return receive();
    }

    bool open()
    {
        test_.context().restart();
        test_.context().poll();
        char byte = 0;
        boost::system::error_code nothing;
        socket_.receive(boost::asio::buffer(&byte, 1), boost::asio::ip::tcp::socket::message_peek, nothing);
        return nothing == boost::asio::error::would_block;
    }

    // Ends this side, and still reads.
    void end() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }
    void close() { socket_.close(); }
    // Closes with RST.
    void reset()
    {
        socket_.set_option(boost::asio::ip::tcp::socket::linger(true, 0));
        socket_.close();
    }

private:
    static constexpr auto tuple = boost::asio::as_tuple(boost::asio::use_awaitable);

    support::task<> read()
    {
        std::array<char, 65536> piece;
        const auto [failed, size] = co_await socket_.async_read_some(boost::asio::buffer(piece), tuple);
        received_.append(piece.data(), size);
        closed_ = failed.failed();
        reset_ = failed && failed != boost::asio::error::eof;
        EXPECT_FALSE(reset_) << failed.message();
    }

    wire& test_;
    boost::asio::ip::tcp::socket socket_;
    std::string received_;
    bool closed_ = false;
    bool reset_ = false;
};

}  // namespace test
