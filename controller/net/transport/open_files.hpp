#pragma once

#include <cstddef>

namespace net {

// Raises the number of files that this process may have open (RLIMIT_NOFILE) to `wanted`, as far as the
// machine lets it; never lowers it. Gives the number that holds now. Many systems begin with 1,024.
std::size_t allow_open_files(std::size_t wanted);

}  // namespace net
