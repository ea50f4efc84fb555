#pragma once

#include "support/error.hpp"
#include "support/task.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace net {

// A connection as a stream of bytes. Destroying it closes it. After a failure or a cancelled operation
// nothing is left but to destroy it. One operation at a time; what an operation is given must live until it
// returns.
class byte_stream
{
public:
    virtual ~byte_stream() = default;

    // Waits for bytes and puts them into `space`; 0 is the peer's proper end. Errors: interrupted.
    virtual support::task<support::result<std::size_t>> read_some(std::span<char> space) = 0;

    // Returns when the kernel has taken all of `data`. Errors: unreachable if it surely took none of it, else
    // interrupted.
    virtual support::task<support::result<>> write(std::string_view data) = 0;

    // Whether the peer has sent nothing, not even its end, that is still to be read.
    virtual bool quiet() = 0;
};

}  // namespace net
