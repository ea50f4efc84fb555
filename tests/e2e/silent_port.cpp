#include "e2e/silent_port.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace e2e {

silent_port::silent_port() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_, generic, size), 0);
    EXPECT_EQ(::listen(socket_, SOMAXCONN), 0);
    EXPECT_EQ(::getsockname(socket_, generic, &size), 0);
    number_ = ntohs(address.sin_port);
}

silent_port::~silent_port()
{
    ::close(socket_);
}

bool silent_port::was_asked() const
{
    const int connection = ::accept(socket_, nullptr, nullptr);
    return connection >= 0 && ::close(connection) == 0;
}

std::string silent_port::keystone(const std::string& host) const
{
    return "http://" + host + ":" + std::to_string(number_) + "/v3";
}

}  // namespace e2e
