#pragma once

#include "cloud/openstack/config_value.hpp"
#include "support/error.hpp"

#include <string>
#include <string_view>
#include <vector>

// One entry of a clouds.yaml as it is written, in its final spelling: profile, secure.yaml and region are
// merged into it, and older names of keys are replaced. What the keys mean is decided in clouds_yaml.cpp.
namespace cloud::openstack {

struct config_text
{
    std::string file;  // its name, for messages; empty: there is no such file
    std::string text;
};

// What openstacksdk looks at.
struct entry_sources
{
    config_text clouds;   // clouds.yaml
    config_text secure;   // secure.yaml
    config_text vendors;  // clouds-public.yaml
    // The keys of the variables OS_..., which make up a cloud of their own, and its name.
    config_map variables = {};
    std::string variables_cloud = "envvars";
    // The file with the authorities of an entry that names none, and the variable that says so.
    std::string authorities = {};
    std::string authorities_variable = {};
    // People who may not read the files see the errors, so errors quote no values.
    bool untrusted = false;
    // Where a clouds.yaml was looked for, for the message that there is none.
    std::string tried = {};
};

struct written_entry
{
    std::string cloud;     // the name of the entry
    std::string label;     // file and cloud, the beginning of every error about this entry
    config_map root = {};  // without auth
    config_map auth = {};
    // The region of {region_name}; empty if the entry names none or several.
    std::string region = {};
    bool several_regions = false;
    // Equal for equal contents, whatever their order and layout.
    std::string content_id = {};
    bool untrusted = false;  // as in entry_sources
};

// "OS_AUTH_URL" of "auth_url", and "OS_AUTH_URL, OS_PASSWORD" of all keys of entry_sources::variables.
std::string name_of_variable(std::string_view key);
std::string names_of_variables(const config_map& variables);

// All clouds of the files, by name; empty if there are none. Errors: invalid.
support::result<config_map> read_clouds(const entry_sources& sources);

// The entry `cloud` of `clouds`, which are those of the files. If `cloud` is empty: that of the variables,
// else the only one of the files. Errors: invalid.
support::result<written_entry> read_entry(
    const entry_sources& sources, const config_map& clouds, const std::string& cloud
);

// The same, of files that are read for this entry alone.
support::result<written_entry> read_entry(const entry_sources& sources, const std::string& cloud);

}  // namespace cloud::openstack
