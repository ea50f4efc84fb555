#pragma once

#include "app/options.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// What the program makes of arguments and variables.
namespace test {

using variables = std::map<std::string, std::string>;
using words = std::vector<std::string>;

inline auto parse(const words& arguments, const variables& set = {})
{
    return app::parse_options(arguments, [&](const std::string& name) -> std::optional<std::string> {
        const auto variable = set.find(name);
        return variable == set.end() ? std::nullopt : std::optional(variable->second);
    });
}

inline app::options options(const words& arguments, const variables& set = {})
{
    const auto parsed = parse(arguments, set);
    if (!parsed)
    {
        ADD_FAILURE() << parsed.error().message;
        return {};
    }
    return std::get<app::options>(*parsed);
}

// What is printed in the place of running.
inline std::string text_instead(const words& arguments)
{
    return std::get<app::exit_text>(parse(arguments).value()).text;
}

// The error; "accepted" if there is none.
inline std::string refusal(const words& arguments, const variables& set = {})
{
    const auto parsed = parse(arguments, set);
    return parsed ? "accepted" : parsed.error().message;
}

}  // namespace test
