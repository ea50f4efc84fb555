#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

// Reading JSON that a stranger wrote: nothing is taken for granted, nothing throws.
namespace cloud::openstack {

// Discarded (is_discarded()) if `text` is no JSON.
inline nlohmann::json parse_json(std::string_view text)
{
    return nlohmann::json::parse(text, nullptr, false);
}

// The member `key` of the object `value`; null if it is none or has none.
inline const nlohmann::json& member(const nlohmann::json& value, std::string_view key)
{
    static const nlohmann::json null;
    if (!value.is_object())
    {
        return null;
    }
    const auto found = value.find(key);
    return found == value.end() ? null : *found;
}

// The text that `key` holds; empty if it holds anything else.
inline std::optional<std::string> text_member(const nlohmann::json& value, std::string_view key)
{
    const auto& found = member(value, key);
    return found.is_string() ? std::optional(found.get<std::string>()) : std::nullopt;
}

}  // namespace cloud::openstack
