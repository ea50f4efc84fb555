#pragma once

#include "support/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace support {

// Writes "2026-11-24T11:51:31Z" (RFC 3339 section 5.6, UTC, whole seconds), as Kubernetes does.
std::string format_rfc3339(wall_time time);

// Reads RFC 3339 with any fraction and offset; the fraction is dropped. Also reads the form of OpenStack
// without a zone ("2026-11-24T03:27:21.123456") as UTC. Empty for any other text.
std::optional<wall_time> parse_rfc3339(std::string_view text);

}  // namespace support
