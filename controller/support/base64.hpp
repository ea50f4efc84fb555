#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace support {

// Decodes base64 with padding (RFC 4648 section 4), as Kubernetes writes the data of a Secret. Empty if
// `text` is not base64.
std::optional<std::string> decode_base64(std::string_view text);

// Encodes with padding, without line ends.
std::string encode_base64(std::string_view bytes);

}  // namespace support
