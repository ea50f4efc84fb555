#pragma once

#include "support/clock.hpp"
#include "support/error.hpp"

#include <string>
#include <string_view>

namespace support {

// Reads a duration as Go writes it: "10m", "1h30m", "1.5s", "250ms" (units ns us ms s m h;
// https://pkg.go.dev/time#ParseDuration).
result<duration> parse_go_duration(std::string_view text);

// Writes `value` in whole units and leaves out those that are zero: "1h30m0s" becomes "1h30m". Zero is "0s".
std::string format_go_duration(duration value);

}  // namespace support
