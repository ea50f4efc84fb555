#pragma once

#include <cstdint>
#include <string>

namespace e2e {

// A port of all addresses of this machine to which clients connect, and which does not answer.
class silent_port
{
public:
    silent_port();
    ~silent_port();
    silent_port(const silent_port&) = delete;
    silent_port& operator=(const silent_port&) = delete;

    // Whether a client has connected. Each connection is told once, and closed.
    bool was_asked() const;

    // Of a Keystone at this port. `host`: an address of this machine.
    std::string keystone(const std::string& host = "127.0.0.1") const;

private:
    int socket_;
    std::uint16_t number_ = 0;
};

}  // namespace e2e
