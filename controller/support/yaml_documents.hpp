#pragma once

#include <string>
#include <string_view>

namespace support {

// Whether the text goes on behind its first YAML document. Nothing of the documents is kept. Throws
// YAML::Exception where the text is no YAML.
bool has_second_yaml_document(const std::string& text);

// For the message of a fault in line `line` (from 0): "; YAML allows no tabs for indentation, use spaces"
// where a tab indents that line; else empty.
std::string hint_about_tabs(std::string_view text, int line);

}  // namespace support
