#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace support {

// Each %XX as its byte (RFC 3986 section 2.1). Empty, without a copy left in memory, if a % begins no %XX.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace support
