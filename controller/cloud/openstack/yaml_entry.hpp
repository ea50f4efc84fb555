#pragma once

#include "support/error.hpp"
#include "support/secret.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

// One entry of a clouds.yaml as it is written: its keys and texts, without their meaning. YAML of strangers:
// bounded in size, depth and aliases.
namespace cloud::openstack {

// By key; empty where the value is a list or mapping. Keys without a value are left out.
using yaml_section = std::map<std::string, std::optional<support::secret>>;

struct yaml_entry
{
    std::string cloud;  // its name
    std::string label;  // what every error about it begins with: file and cloud
    yaml_section root;
    yaml_section auth;
    std::string content_id;  // SHA-256; equal for equal contents, whatever their order and layout
};

// The entry `cloud` of `yaml` (the text of `file`; the only entry if `cloud` is empty) with what
// `secure_yaml` (empty: none) says of it laid over.
support::result<yaml_entry> read_yaml_entry(
    std::string_view yaml, std::string_view secure_yaml, const std::string& file, const std::string& cloud
);

}  // namespace cloud::openstack
