#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace support {

// Makes text of an untrusted source (such as a server's message) fit for a log line, a status or an error.
// Control characters, line ends and characters that change the direction of text become spaces. A run of
// spaces becomes one space, and leading and trailing spaces are removed. Invalid UTF-8 becomes '?'. The text
// is cut at `limit` bytes (3 or more), with "..." at its end.
std::string clean(std::string_view text, std::size_t limit = 256);

// RFC 3629: no cut, overlong or surrogate sequence.
bool is_utf8(std::string_view text);

// "a, b, c"
std::string joined(const std::vector<std::string>& parts);

}  // namespace support
