#pragma once

#include <cstddef>

namespace net {

// Raises the number of files that this process may have open (RLIMIT_NOFILE) to `wanted`, as far as the
// machine lets it; never lowers it. Gives the number that holds now. Many systems begin with 1,024.
std::size_t allow_open_files(std::size_t wanted);

// How many connections a server may take in a process that may have `files` open: what is `wanted`, if that
// leaves about 1,000 to the rest of the process, else an eighth of the files at most.
std::size_t share_of_server(std::size_t files, std::size_t wanted);

// Raises the number of files of this process, as allow_open_files() does, as far as a server with `wanted`
// connections needs it. Gives its share_of_server().
std::size_t allow_connections(std::size_t wanted);

}  // namespace net
