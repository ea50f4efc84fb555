#include "testbed/ports.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <mutex>
#include <netinet/in.h>
#include <random>
#include <set>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace testbed {

int free_port()
{
    constexpr int first = 20000;
    // Linux uses 32768 and above for outgoing connections.
    constexpr int last = 32000;
    // A port that was given away is free for a while: before its server starts, and after a crash.
    static std::mutex mutex;
    static std::set<int> given;
    const std::scoped_lock lock(mutex);
    std::random_device random;
    for (;;)
    {
        const int port = std::uniform_int_distribution(first, last)(random);
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
        {
            throw std::system_error(errno, std::generic_category(), "socket");
        }
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<in_port_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const bool free = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        ::close(fd);
        if (free && given.insert(port).second)
        {
            return port;
        }
    }
}

}  // namespace testbed
