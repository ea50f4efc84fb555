#include "testbed/files.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace testbed {

std::string read_file(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file)
    {
        throw std::runtime_error(path.string() + " cannot be read");
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::filesystem::path& path, const std::string& content)
{
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << content;
    if (!file.flush())
    {
        throw std::runtime_error(path.string() + " cannot be written");
    }
}

}  // namespace testbed
