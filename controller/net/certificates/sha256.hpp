#pragma once

#include <string>
#include <string_view>

namespace net {

// SHA-256 as 64 lower-case hexadecimal digits (FIPS 180-4).
std::string sha256_hex(std::string_view data);

}  // namespace net
