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

// Divides `files`, the limit of the process (ulimit -n) without what its servers take, so that what the
// process opens does not exceed it: all that is `wanted` where there are enough, else first fewer idle
// connections, and then fewer requests at a time. `watched`: namespaces that each have a watch.
file_shares share_files(const net::request_limits& wanted, std::size_t files, std::size_t watched);

}  // namespace app
