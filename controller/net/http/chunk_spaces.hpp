#pragma once

#include "net/http/wiped.hpp"

#include <cstdint>
#include <string_view>

namespace net {

// Takes a chunked body (RFC 9112 section 7.1) in pieces of any size, and leaves out the spaces and tabs that
// some servers write after the size of a chunk. Every other byte passes as it came, so what is malformed
// stays so.
class chunk_space_remover
{
public:
    // Appends what is left of `bytes` to `to`.
    void pass(std::string_view bytes, wiped_buffer& to);

private:
    enum class place
    {
        size,
        spaces,  // after the size
        line,    // the rest of the line
        data,
        data_end,
        rest,  // the trailers, or something that is no chunk
    };

    void pass_one(char c, wiped_buffer& to);
    void end_size(char c, wiped_buffer& to);

    place at_ = place::size;
    bool has_digits_ = false;
    std::uint64_t left_ = 0;  // of the data of this chunk
    wiped_buffer spaces_;     // those that the next byte decides about
};

}  // namespace net
