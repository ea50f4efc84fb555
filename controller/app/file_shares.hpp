#pragma once

#include "net/http/request_places.hpp"

#include <cstddef>

namespace app {

// What of the files that the process may have open is for what.
struct file_shares
{
    net::request_limits requests;  // each has a connection
    std::size_t idle = 256;        // connections that no request uses

    bool operator==(const file_shares&) const = default;
};

// Divides `files`, the limit of the process (ulimit -n), so that what the process opens never exceeds it: all
// that is `wanted` where there are enough, else fewer requests at a time. `watched`: namespaces that each
// have a watch.
file_shares share_files(const net::request_limits& wanted, std::size_t files, std::size_t watched);

}  // namespace app
