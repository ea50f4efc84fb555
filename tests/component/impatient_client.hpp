#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace test {

// A client that reads what has come, and never waits.
class impatient_client
{
public:
    // `window`: how much the kernel receives for it unread, if not 0.
    explicit impatient_client(std::uint16_t port, int window = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0))
    {
        if (window != 0)
        {
            ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
        }
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0) << errno;
        const int at_once = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    }
    ~impatient_client()
    {
        // Closed with RST, so that its port is free at once.
        const linger reset{1, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        ::close(socket_);
    }
    impatient_client(const impatient_client&) = delete;
    impatient_client& operator=(const impatient_client&) = delete;

    void send(const std::string& text)
    {
        if (!closed_)
        {
            ::send(socket_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        }
    }

    // What has come since the last call of forget().
    const std::string& received()
    {
        std::array<char, 4096> piece{};
        for (ssize_t size = 1; size > 0 && !closed_;)
        {
            size = ::recv(socket_, piece.data(), piece.size(), MSG_DONTWAIT);
            received_.append(piece.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
            closed_ = size == 0 || (size < 0 && errno != EAGAIN);
        }
        return received_;
    }
    void forget() { std::string().swap(received_); }

    bool closed()
    {
        received();
        return closed_;
    }

    bool answered() { return received().contains("\r\n\r\n"); }

private:
    int socket_;
    std::string received_;
    bool closed_ = false;
};

}  // namespace test
