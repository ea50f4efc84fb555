#pragma once

#include "support/error.hpp"
#include "support/secret.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

// One entry of a clouds.yaml as it is written: its keys and texts, without their meaning. The YAML is
// untrusted, so its size, depth and aliases are bounded.
namespace cloud::openstack {

// By key; empty if the value is a list or mapping. Keys without a value are left out.
using yaml_section = std::map<std::string, std::optional<support::secret>>;

struct yaml_entry
{
    std::string cloud;  // the name of the entry
    std::string label;  // file and cloud, the beginning of every error about this entry
    yaml_section root;
    yaml_section auth;
    // SHA-256; equal for equal contents, whatever their order and layout.
    std::string content_id;
};

// The entry `cloud` of `yaml` (the text of `file`), or the only entry if `cloud` is empty. The keys of
// `secure_yaml` (empty: none) win over its own.
support::result<yaml_entry> read_yaml_entry(
    std::string_view yaml, std::string_view secure_yaml, const std::string& file, const std::string& cloud
);

}  // namespace cloud::openstack
