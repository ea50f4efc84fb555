#include "cloud/openstack/written_entry.hpp"

#include "cloud/openstack/older_keys.hpp"
#include "cloud/openstack/yaml_file.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace cloud::openstack {
namespace {

using support::errc;
using support::fail;
using support::result;

// The names of all clouds, for messages: "prod, test".
std::string list_names(const config_map& clouds)
{
    constexpr std::size_t most = 20;
    std::string names;
    std::size_t listed = 0;
    for (const auto& [name, unused] : clouds)
    {
        if (++listed > most)
        {
            return names + ", ...";
        }
        names += (names.empty() ? "" : ", ") + support::clean(name, 64);
    }
    return names;
}

// The mapping `section` of a file; empty if the file has no such section.
result<config_map> read_section(const config_text& from, const std::string& section)
{
    auto sections = read_yaml_file(from.text, from.file);
    if (!sections)
    {
        return std::unexpected(sections.error());
    }
    auto it = sections->find(section);
    if (it == sections->end())
    {
        return config_map();
    }
    if (!it->second.is_map() && !it->second.is_null())
    {
        return fail(errc::invalid, from.file + ": " + section + " must be a mapping of entries by name");
    }
    return std::move(it->second.map);
}

struct choice
{
    std::string cloud;
    config_value entry;
    std::string label;
};

std::unexpected<support::error> no_clouds(const entry_sources& sources)
{
    if (sources.clouds.file.empty())
    {
        return fail(
            errc::invalid,
            "no clouds.yaml at " + sources.tried +
                "; give its path with --cloud-config or OS_CLIENT_CONFIG_FILE, or set OS_AUTH_URL and the "
                "other "
                "variables of an openrc"
        );
    }
    return fail(
        errc::invalid,
        sources.clouds.file + ": has no clouds; it must hold a mapping \"clouds:\" of entries by name"
    );
}

// The variables make up a cloud of their own, which needs a URL. One that is left over from another openrc
// would hide the clouds of the files.
std::optional<std::unexpected<support::error>> refuse_stray_variables(
    const entry_sources& sources, const config_map& clouds
)
{
    if (sources.variables.contains("auth_url") || sources.variables.contains("profile"))
    {
        return std::nullopt;
    }
    const std::string& file = sources.clouds.file.empty() ? sources.secure.file : sources.clouds.file;
    const bool several = sources.variables.size() > 1;
    return fail(
        errc::invalid,
        names_of_variables(sources.variables) + (several ? " are" : " is") +
            " set without OS_AUTH_URL, which makes a cloud of the environment that has no URL; set "
            "OS_AUTH_URL too, or " +
            (clouds.empty()
                 ? ""
                 : "name a cloud of " + file + " with --cloud (it has " + list_names(clouds) + "), or ") +
            "unset " + (several ? "them" : "it")
    );
}

result<choice> choose(const entry_sources& sources, const config_map& clouds, const std::string& wanted)
{
    const std::string& of_variables = sources.variables_cloud;
    const bool has_variables = !sources.variables.empty();
    if (has_variables && clouds.contains(of_variables))
    {
        return fail(
            errc::invalid,
            sources.clouds.file + ": has a cloud \"" + support::clean(of_variables) +
                "\", which is the name of the cloud of the OS_ variables too; rename one (OS_CLOUD_NAME) or "
                "unset the "
                "variables"
        );
    }
    if (has_variables && (wanted.empty() || wanted == of_variables))
    {
        if (const auto incomplete = refuse_stray_variables(sources, clouds))
        {
            return *incomplete;
        }
        config_value entry{.is = config_value::kind::map};
        entry.map = sources.variables;
        return choice{of_variables, std::move(entry), "the OS_ variables of the environment"};
    }
    if (clouds.empty())
    {
        return no_clouds(sources);
    }
    const std::string& file = sources.clouds.file.empty() ? sources.secure.file : sources.clouds.file;
    if (wanted.empty() && clouds.size() > 1)
    {
        return fail(
            errc::invalid,
            file +
                ": has several clouds; name one with --cloud (in a binding: "
                "cloudCredentialsRef.cloudName): " +
                list_names(clouds)
        );
    }
    const auto it = wanted.empty() ? clouds.begin() : clouds.find(wanted);
    if (it == clouds.end())
    {
        return fail(
            errc::invalid,
            file + ": has no cloud \"" + support::clean(wanted) + "\"; it has " + list_names(clouds)
        );
    }
    const std::string label = file + ": cloud \"" + support::clean(it->first) + "\"";
    return choice{it->first, it->second, label};
}

// The text of `key`, if it is one.
std::string text_of(const config_map& map, std::string_view key)
{
    const auto* value = find_value(map, key);
    return value != nullptr && value->is_text() ? value->text.reveal() : "";
}

// The layer below the entry: the profile that it names.
result<layer> read_profile(const entry_sources& sources, const layer& own, const std::string& label)
{
    const bool newer = !text_of(own.root, "profile").empty();
    const std::string name = text_of(own.root, newer ? "profile" : "cloud");
    if (name.empty() || name == sources.variables_cloud)
    {
        return layer();
    }
    if (sources.untrusted)
    {
        return fail(
            errc::invalid,
            label + ": " + (newer ? "profile" : "cloud") +
                " names a vendor file; write its keys into the entry instead"
        );
    }
    config_map profiles;
    if (!sources.vendors.file.empty())
    {
        auto read = read_section(sources.vendors, "public-clouds");
        if (!read)
        {
            return std::unexpected(read.error());
        }
        profiles = std::move(*read);
    }
    const auto it = profiles.find(name);
    if (it == profiles.end())
    {
        return fail(
            errc::invalid,
            label + ": profile \"" + support::clean(name, 64) +
                "\" is not known here, because profiles come from a clouds-public.yaml alone; write the "
                "profile's keys "
                "(auth_url, interface, ...) into the entry"
        );
    }
    const std::string of_profile = sources.vendors.file + ": profile \"" + support::clean(name, 64) + "\"";
    auto profile = make_layer(std::move(it->second), of_profile);
    if (profile && (profile->root.contains("profile") || profile->root.contains("cloud")))
    {
        return fail(errc::invalid, of_profile + ": names a profile itself; write its keys out");
    }
    return profile;
}

}  // namespace

std::string names_of_variables(const config_map& variables)
{
    std::vector<std::string> names;
    for (const auto& [key, unused] : variables)
    {
        names.push_back(name_of_variable(key));
    }
    return support::joined(names);
}

std::string name_of_variable(std::string_view key)
{
    std::string name = "OS_" + std::string(key);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
    return name;
}

result<config_map> read_clouds(const entry_sources& sources)
{
    config_map clouds;
    for (const auto* from : {&sources.clouds, &sources.secure})
    {
        if (from->file.empty())
        {
            continue;
        }
        auto section = read_section(*from, "clouds");
        if (!section)
        {
            return std::unexpected(section.error());
        }
        merge_maps(clouds, std::move(*section));
    }
    return clouds;
}

result<written_entry> read_entry(
    const entry_sources& sources, const config_map& clouds, const std::string& cloud
)
{
    auto chosen = choose(sources, clouds, cloud);
    if (!chosen)
    {
        return std::unexpected(chosen.error());
    }
    written_entry entry{.cloud = std::move(chosen->cloud), .label = std::move(chosen->label)};
    auto own = make_layer(std::move(chosen->entry), entry.label);
    if (!own)
    {
        return std::unexpected(own.error());
    }
    auto layers = read_profile(sources, *own, entry.label);
    if (!layers)
    {
        return std::unexpected(layers.error());
    }
    lay_over(*layers, std::move(*own));
    auto region = settle_region(*layers, entry.label);
    if (!region)
    {
        return std::unexpected(region.error());
    }
    entry.untrusted = sources.untrusted;
    entry.region = std::move(region->name);
    entry.several_regions = region->several;
    settle_auth(*layers);
    config_map content = layers->root;
    content["auth"] = config_value{.is = config_value::kind::map, .map = layers->auth};
    if (!entry.region.empty())
    {
        content["region_name"] = text_value(entry.region);
    }
    entry.content_id = digest_of(content);
    entry.root = std::move(layers->root);
    entry.auth = std::move(layers->auth);
    return entry;
}

result<written_entry> read_entry(const entry_sources& sources, const std::string& cloud)
{
    const auto clouds = read_clouds(sources);
    return clouds ? read_entry(sources, *clouds, cloud) : std::unexpected(clouds.error());
}

}  // namespace cloud::openstack
