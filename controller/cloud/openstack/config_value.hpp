#pragma once

#include "support/secret.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

// The values of a configuration file, whatever its syntax. Each text may be a secret.
namespace cloud::openstack {

struct config_value;
using config_map = std::map<std::string, config_value, std::less<>>;

struct config_value
{
    enum class kind
    {
        null,
        text,
        list,
        map,
    };

    kind is = kind::null;
    support::secret text = {};
    std::vector<config_value> list = {};
    config_map map = {};

    bool is_null() const { return is == kind::null; }
    bool is_text() const { return is == kind::text; }
    bool is_list() const { return is == kind::list; }
    bool is_map() const { return is == kind::map; }
};

config_value text_value(std::string text);

// The value of `key`; null if there is none.
const config_value* find_value(const config_map& map, std::string_view key);

// Adds `over` to `below`, whose values give way. Two mappings of one key are merged in the same way. A key of
// `over` without a value adds nothing.
void merge_maps(config_map& below, config_map over);

// SHA-256 of the content; equal for equal contents.
std::string digest_of(const config_map& content);

}  // namespace cloud::openstack
