#pragma once

#include <filesystem>
#include <string>

// Whole files as text; what cannot be read or written is thrown as std::runtime_error.
namespace testbed {

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& content);

}  // namespace testbed
