#include "cloud/openstack/cloud_files.hpp"

#include "cloud/openstack/entry_keys.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <unistd.h>
#include <utility>

namespace cloud::openstack {
namespace {

using support::errc;
using support::fail;
using support::result;

constexpr std::size_t largest_file = 1 << 20;
constexpr std::array<const char*, 3> suffixes{".yaml", ".yml", ".json"};

result<std::string> read_file(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    std::string text(largest_file + 1, '\0');
    if (!file || !file.read(text.data(), static_cast<std::streamsize>(text.size())))
    {
        if (!file.eof())
        {
            return fail(
                errc::invalid,
                "cannot read " + path + ": " + std::strerror(errno) +
                    "; correct the path or the file's permissions"
            );
        }
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > largest_file)
    {
        return fail(errc::invalid, path + " is larger than 1 MiB");
    }
    text.shrink_to_fit();  // it may be kept as long as the program runs
    return text;
}

// The values of the environment, and what was found with them.
class search
{
public:
    explicit search(const variable_reader& variable) : variable_(variable), folders_(config_folders(variable))
    {}

    // The text of the variable; empty if it is not set.
    std::string variable(const std::string& name) const { return variable_(name).value_or(""); }

    // The first file of that name in the folders. A file that may not be read is passed over, as by
    // openstacksdk.
    std::string find(const std::string& name)
    {
        for (const auto& folder : folders_)
        {
            for (const char* suffix : suffixes)
            {
                std::string path = folder + name;
                path += suffix;
                if (::access(path.c_str(), R_OK) == 0)
                {
                    return path;
                }
                if (errno == ENOENT || errno == ENOTDIR)
                {
                    continue;
                }
                if (errno != EACCES)
                {
                    return path;
                }
                notes.push_back(path + " is passed over, because it may not be read");
            }
        }
        return {};
    }

    // "clouds.yaml, /etc/openstack/clouds.yaml"
    std::string places_of(const std::string& file) const
    {
        std::vector<std::string> places;
        for (const auto& folder : folders_)
        {
            places.push_back(folder + file);
        }
        return support::joined(places);
    }

    std::vector<std::string> notes;

private:
    const variable_reader& variable_;
    std::vector<std::string> folders_;
};

result<config_text> load(const std::string& path)
{
    if (path.empty())
    {
        return config_text();
    }
    auto text = read_file(path);
    return text ? result<config_text>({path, std::move(*text)}) : std::unexpected(text.error());
}

// The path of clouds.yaml; empty if there is none.
std::string clouds_path(search& machine, const std::string& given, entry_sources& sources)
{
    if (given.empty())
    {
        std::string path = machine.find("clouds");
        sources.tried = machine.places_of("clouds.yaml");
        return path;
    }
    // The file is read only once, because the path may be that of a pipe.
    if (::access(given.c_str(), R_OK) == 0)
    {
        return given;
    }
    sources.tried = given + (errno == ENOENT ? "" : " (" + std::string(std::strerror(errno)) + ")");
    return {};
}

// The path of secure.yaml; empty if there is none.
std::string secure_path(search& machine, const std::string& given)
{
    if (std::string path = machine.variable("OS_CLIENT_SECURE_FILE"); !path.empty())
    {
        return path;
    }
    if (!given.empty())
    {
        const std::string beside = given.substr(0, given.rfind('/') + 1) + "secure.yaml";
        if (::access(beside.c_str(), F_OK) == 0 || errno != ENOENT)
        {
            return beside;
        }
    }
    return machine.find("secure");
}

// The keys of the variables OS_...; empty if no variable says who logs in where.
config_map read_variables(const search& machine)
{
    config_map keys;
    bool says_something = false;
    for (const auto key : keys_of_variables())
    {
        if (std::string text = machine.variable(name_of_variable(key)); !text.empty())
        {
            keys.emplace(key, text_value(std::move(text)));
            says_something = says_something || key != "region_name";
        }
    }
    return says_something ? keys : config_map();
}

}  // namespace

std::vector<std::string> config_folders(const variable_reader& variable)
{
    std::vector<std::string> folders{""};
    const auto add = [&folders](const std::string& folder) {
        if (!folder.empty() && std::ranges::find(folders, folder + "/openstack/") == folders.end())
        {
            folders.push_back(folder + "/openstack/");
        }
    };
    const std::string home = variable("HOME").value_or("");
    add(variable("XDG_CONFIG_HOME").value_or(""));
    add(home.empty() ? "" : home + "/.config");
    std::string site = variable("XDG_CONFIG_DIRS").value_or("");
    site = site.empty() ? "/etc/xdg" : site;
    for (std::size_t from = 0; from <= site.size();)
    {
        const auto colon = std::min(site.find(':', from), site.size());
        add(site.substr(from, colon - from));
        from = colon + 1;
    }
    add("/etc");
    return folders;
}

namespace {

// What the variables say.
entry_sources read_environment(const search& machine)
{
    entry_sources sources;
    sources.variables = read_variables(machine);
    if (std::string name = machine.variable("OS_CLOUD_NAME"); !name.empty())
    {
        sources.variables_cloud = std::move(name);
    }
    // As Python's requests does, with which openstacksdk asks.
    for (const char* name : {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"})
    {
        if (sources.authorities.empty())
        {
            sources.authorities = machine.variable(name);
            sources.authorities_variable = name;
        }
    }
    return sources;
}

// Reads the files; an empty path is that of no file.
result<> load_files(
    entry_sources& sources, const std::string& clouds, const std::string& secure, const std::string& vendors
)
{
    struct
    {
        config_text& into;
        const std::string& path;
    } const files[] = {{sources.clouds, clouds}, {sources.secure, secure}, {sources.vendors, vendors}};
    for (const auto& [into, path] : files)
    {
        auto text = load(path);
        if (!text)
        {
            return std::unexpected(text.error());
        }
        into = std::move(*text);
    }
    return {};
}

// What was passed over with the entry.
void note_unused(const cloud_entry& entry, const entry_sources& sources, std::vector<std::string>& notes)
{
    if (!sources.variables.empty() && entry.cloud != sources.variables_cloud)
    {
        notes.push_back(
            names_of_variables(sources.variables) + (sources.variables.size() > 1 ? " have" : " has") +
            " no effect, because the cloud \"" + support::clean(entry.cloud) + "\" is named"
        );
    }
    if (!entry.unknown_keys.empty())
    {
        notes.push_back(
            "cloud \"" + support::clean(entry.cloud) +
            "\" has keys that nobody knows: " + support::joined(entry.unknown_keys)
        );
    }
}

}  // namespace

result<found_entry> find_cloud_entry(
    const std::string& path, const std::string& cloud, const variable_reader& variable
)
{
    search machine(variable);
    auto sources = read_environment(machine);
    const std::string clouds = clouds_path(machine, path, sources);
    if (const auto loaded =
            load_files(sources, clouds, secure_path(machine, path), machine.find("clouds-public"));
        !loaded)
    {
        return std::unexpected(loaded.error());
    }
    if (!path.empty() && clouds.empty())
    {
        return fail(
            errc::invalid,
            "no clouds.yaml at " + sources.tried +
                "; give its path with --cloud-config or OS_CLIENT_CONFIG_FILE"
        );
    }
    const std::string home = machine.variable("HOME");
    auto entry = read_cloud_entry(sources, cloud, [&home](const std::string& file) {
        return read_file(file.starts_with("~/") && !home.empty() ? home + file.substr(1) : file);
    });
    for (auto* text : {&sources.clouds.text, &sources.secure.text, &sources.vendors.text})
    {
        support::wipe(*text);
    }
    if (!entry)
    {
        return std::unexpected(entry.error());
    }
    machine.notes.insert(machine.notes.end(), entry->notes.begin(), entry->notes.end());
    note_unused(*entry, sources, machine.notes);
    return found_entry{std::move(*entry), clouds, std::move(machine.notes)};
}

}  // namespace cloud::openstack
