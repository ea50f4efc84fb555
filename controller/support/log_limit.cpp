#include "support/log_limit.hpp"

#include <chrono>
#include <utility>

namespace support {
namespace {

constexpr duration between_lines = std::chrono::minutes(1);
constexpr std::size_t most_keys = 1000;
constexpr std::string_view all_others = "others";

}  // namespace

std::optional<std::size_t> log_limit::admit(std::string_view key, time_point now)
{
    const auto known = rows_.find(key);
    if (known == rows_.end())
    {
        if (rows_.size() >= most_keys && key != all_others)
        {
            return admit(all_others, now);
        }
        rows_.emplace(key, row{now});
        return 0;
    }
    row& of = known->second;
    if (now < of.written + between_lines)
    {
        ++of.left_out;
        return std::nullopt;
    }
    of.written = now;
    return std::exchange(of.left_out, 0);
}

std::vector<log_limit::left_out> log_limit::ended(time_point now)
{
    std::vector<left_out> all;
    std::erase_if(rows_, [&](const auto& entry) {
        const auto& [key, of] = entry;
        if (now < of.written + between_lines)
        {
            return false;
        }
        if (of.left_out > 0)
        {
            all.push_back({key, of.left_out});
        }
        return true;
    });
    return all;
}

}  // namespace support
