#pragma once

#include "cloud/openstack/clouds_yaml.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

// Finds the files and variables of OpenStack's clients on this machine.
namespace cloud::openstack {

using variable_reader = std::function<std::optional<std::string>(const std::string& name)>;

struct found_entry
{
    cloud_entry entry;
    std::string path;  // of the clouds.yaml; empty: the variables alone
    // Lines for the log: what was passed over.
    std::vector<std::string> notes;
};

// The entry `cloud`, from the clouds.yaml at `path` (empty: where the clients look) and from the variables
// OS_.... Errors: invalid.
support::result<found_entry> find_cloud_entry(
    const std::string& path, const std::string& cloud, const variable_reader& variable
);

// The folders in which the clients look for clouds.yaml, secure.yaml and clouds-public.yaml, in order; each
// is empty or ends with '/'.
std::vector<std::string> config_folders(const variable_reader& variable);

}  // namespace cloud::openstack
