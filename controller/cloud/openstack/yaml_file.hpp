#pragma once

#include "cloud/openstack/config_value.hpp"
#include "support/error.hpp"

#include <string>
#include <string_view>

namespace cloud::openstack {

// The mappings `clouds` and `public-clouds` of a file of OpenStack's clients, with its merge keys (<<) and
// aliases resolved; empty for a file without content. The text is YAML 1.1 or JSON; it is untrusted, so its
// size, depth and aliases are bounded. Errors: invalid; they show the names of clouds and keys and no values.
support::result<config_map> read_yaml_file(std::string_view text, const std::string& file);

}  // namespace cloud::openstack
