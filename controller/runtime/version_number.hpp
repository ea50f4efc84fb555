#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace runtime {

// A resourceVersion as the number that it is; a later state has a larger one
// (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions). Empty for another text.
inline std::optional<std::uint64_t> number_of(std::string_view version)
{
    std::uint64_t number = 0;
    const char* const end = version.data() + version.size();
    const auto [at, problem] = std::from_chars(version.data(), end, number);
    return problem == std::errc() && at == end ? std::optional(number) : std::nullopt;
}

}  // namespace runtime
