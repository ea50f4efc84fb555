#pragma once

#include "cloudsim/support/message.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Texts as the Python services write them, and as JSON: lists, times, URLs.
namespace cloudsim {

using json = nlohmann::json;

// As repr() does: ['a', 'b'].
std::string python_repr(const std::vector<std::string>& items);

// A member that is a text; empty if it is not there or something else.
std::string member_text(const json& value, std::string_view name);

json text_or_null(const std::optional<std::string>& text);

std::string iso_time(wall_time when);       // 2026-11-24T03:27:21, as Barbican and Octavia say it
std::string keystone_time(wall_time when);  // 2026-11-24T03:27:20.000000Z
std::optional<wall_time> parse_time(std::string_view text);  // either, with or without zone Z

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
    std::map<std::string, std::string> query;

    // Whether the path is `pattern`, whose segments are texts or `*`.
    bool is(const std::vector<std::string_view>& pattern) const;
};

// Without segments if it is none.
target parse_target(std::string_view text);

// Of scheme://host:port/path: host:port.
std::string authority_of(const std::string& url);

std::optional<std::string> base64_decode(std::string_view text);

}  // namespace cloudsim
