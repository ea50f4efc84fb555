#pragma once

#include "support/clock.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace support {

// Which of the lines that say the same again and again are written: one per key and minute. Pure; time is an
// argument.
class log_limit
{
public:
    // How many lines of this key were left out since the last one; empty: leave this one out, too. Keys
    // beyond those that are kept count as one.
    std::optional<std::size_t> admit(std::string_view key, time_point now);

    struct left_out
    {
        std::string key;
        std::size_t lines = 0;
    };

    // The keys of which lines were left out and whose minute has passed without a further line. They begin
    // anew.
    std::vector<left_out> ended(time_point now);

private:
    struct row
    {
        time_point written;
        std::size_t left_out = 0;
    };

    std::map<std::string, row, std::less<>> rows_;
};

}  // namespace support
