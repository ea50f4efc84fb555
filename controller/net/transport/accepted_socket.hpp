#pragma once

#include "net/transport/accepted_stream.hpp"

namespace net {

// An accepted_stream over a socket, without TLS. TLS is a class over this one.
class accepted_socket : public accepted_stream
{
public:
    explicit accepted_socket(boost::asio::ip::tcp::socket socket);

    support::task<support::result<>> handshake() override;
    bool speaks_plainly() const override { return true; }
    support::task<bool> wait_readable() override;
    support::result<std::optional<std::size_t>> read(std::span<char> space) override;
    support::task<support::result<>> write(std::string_view data) override;
    bool write_now(std::string_view data) override;
    support::task<> wait_reset() override;
    void end() override;
    void close() override;
    void interrupt() override;
    void resume() override { interrupted_ = false; }
    const std::string& peer() const override { return peer_; }

protected:
    using wait_type = boost::asio::ip::tcp::socket::wait_type;

    int descriptor() { return socket_.native_handle(); }
    bool is_interrupted() const { return interrupted_; }
    // False: interrupt() ended the wait.
    support::task<bool> wait(wait_type for_what);

private:
    boost::asio::ip::tcp::socket socket_;
    std::string peer_;
    bool interrupted_ = false;
};

}  // namespace net
