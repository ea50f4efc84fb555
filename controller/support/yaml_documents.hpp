#pragma once

#include <string>

namespace support {

// Whether the text goes on behind its first YAML document. Nothing of the documents is kept. Throws
// YAML::Exception where the text is no YAML.
bool has_second_yaml_document(const std::string& text);

}  // namespace support
