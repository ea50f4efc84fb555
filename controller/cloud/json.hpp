#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

// Readers of JSON from other programs. The input is untrusted: no member is assumed to exist, and nothing
// throws.
namespace cloud {

// Returns a discarded value (is_discarded()) if `text` is not JSON.
inline nlohmann::json parse_json(std::string_view text)
{
    return nlohmann::json::parse(text, nullptr, false);
}

// The member `key` of the object `value`; null if `value` is not an object or has no such member.
inline const nlohmann::json& member(const nlohmann::json& value, std::string_view key)
{
    static const nlohmann::json null;
    if (!value.is_object())
    {
        return null;
    }
    const auto it = value.find(key);
    return it == value.end() ? null : *it;
}

// The text of the member `key`; empty if the member is missing or not a text.
inline std::optional<std::string> text_member(const nlohmann::json& value, std::string_view key)
{
    const auto& held = member(value, key);
    return held.is_string() ? std::optional(held.get<std::string>()) : std::nullopt;
}

}  // namespace cloud
