#pragma once

#include "cloudsim/support/message.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Texts as the Python services write them, and as JSON: lists, times, URLs.
namespace cloudsim {

using json = nlohmann::json;

// The form of Python's repr(): ['a', 'b'].
std::string python_repr(const std::vector<std::string>& items);

// The member as a text; empty if the member is missing or no text.
std::string member_text(const json& value, std::string_view name);

json text_or_null(const std::optional<std::string>& text);

std::string iso_time(wall_time when);       // 2026-11-24T03:27:21, the form of Barbican and Octavia
std::string keystone_time(wall_time when);  // 2026-11-24T03:27:20.000000Z
std::optional<wall_time> parse_time(std::string_view text);  // either form, with or without zone Z

std::string to_lower(std::string_view text);
bool is_uuid(std::string_view text);

// std::ranges::contains, which libstdc++ 12 lacks.
template <class Range, class Value>
bool contains(const Range& range, const Value& value)
{
    return std::ranges::find(range, value) != std::ranges::end(range);
}

// A request target: the path by its segments, decoded, and the query.
struct target
{
    std::vector<std::string> segments;
    std::map<std::string, std::string> query;                       // the last value of each name
    std::vector<std::pair<std::string, std::string>> parameters{};  // all of the query, in its order

    // Whether the path is `pattern`, whose segments are texts or `*`.
    bool is(const std::vector<std::string_view>& pattern) const;
};

// The target in a request line; without segments if the text is no target.
target parse_target(std::string_view text);

// The host:port of scheme://host:port/path.
std::string authority_of(const std::string& url);

std::optional<std::string> base64_decode(std::string_view text);

}  // namespace cloudsim
