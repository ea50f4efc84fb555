#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace support {

// Writes lines to a file descriptor, and never waits for its reader. What cannot be written yet is kept, up
// to a limit, and written with the next line; lines beyond the limit are dropped whole, and counted. The
// descriptor stays as it is (without O_NONBLOCK), because other processes may share it.
class unblocked_output
{
public:
    // `most_kept` in bytes.
    explicit unblocked_output(int descriptor, std::size_t most_kept = std::size_t{256} << 10);

    void write(std::string_view line);

    // Writes what is kept; waits for the reader up to `milliseconds`.
    void flush(int milliseconds);

    // How many lines were dropped since the last call; 0 while there is no room to tell it.
    std::size_t take_dropped();

private:
    // False if the descriptor takes nothing within `milliseconds`.
    bool write_piece(int milliseconds);

    int descriptor_;
    std::size_t most_kept_;
    std::string kept_;
    std::size_t dropped_ = 0;
};

}  // namespace support
