#pragma once

#include <filesystem>
#include <string>

// Reads and writes whole files as text. A failure throws std::runtime_error.
namespace testbed {

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& content);

}  // namespace testbed
