#pragma once

#include "support/error.hpp"
#include "support/task.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace net {

// A connection as a stream of bytes. Destroying the stream closes the connection. After a failure or a
// cancelled operation the stream can only be destroyed. One operation at a time; the arguments of an
// operation must live until it returns.
class byte_stream
{
public:
    virtual ~byte_stream() = default;

    // Waits for bytes and puts them into `space`; 0 is the proper end of the peer's data. Errors:
    // interrupted.
    virtual support::task<support::result<std::size_t>> read_some(std::span<char> space) = 0;

    // Returns when the kernel has taken all of `data`. Errors: unreachable if the kernel certainly took
    // nothing, otherwise interrupted.
    virtual support::task<support::result<>> write(std::string_view data) = 0;

    // Whether nothing of the peer waits to be read, not even its end.
    virtual bool quiet() = 0;
};

}  // namespace net
