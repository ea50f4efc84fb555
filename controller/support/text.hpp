#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace support {

// Text of a stranger (a server's message) made fit for a log line, a status or an error: control characters
// and line ends become spaces, so do those that turn the direction of what follows, runs of spaces become one
// and none at the ends, invalid UTF-8 becomes '?', and it is cut at `limit` bytes (3 or more) with "..." at
// the end.
std::string clean(std::string_view text, std::size_t limit = 256);

// "a, b, c"
std::string joined(const std::vector<std::string>& parts);

}  // namespace support
