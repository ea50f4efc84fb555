#include "cloud/openstack/older_keys.hpp"

#include "cloud/openstack/entry_keys.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace cloud::openstack {
namespace {

using support::errc;
using support::fail;
using support::result;

// endpoint_type is the older name of interface, and that of a service likewise.
std::string newer_name(std::string key)
{
    constexpr std::string_view older = "endpoint_type";
    if (key.ends_with(older))
    {
        key.replace(key.size() - older.size(), older.size(), "interface");
    }
    return key;
}

// The keys with underscores; those without a value are left out.
result<config_map> spell_alike(config_map written, const std::string& section, const std::string& label)
{
    config_map spelled;
    std::map<std::string, std::string> first_spelling;
    for (auto& [key, value] : written)
    {
        std::string name = key;
        std::ranges::replace(name, '-', '_');
        const auto [seen, is_new] = first_spelling.emplace(name, key);
        if (!is_new)
        {
            return fail(
                errc::invalid,
                label + ": " + section + support::clean(seen->second, 64) + " and " + section +
                    support::clean(key, 64) + " are one key; keep one"
            );
        }
        if (!value.is_null())
        {
            spelled.insert_or_assign(std::move(name), std::move(value));
        }
    }
    return spelled;
}

bool has_text(const config_map& map, std::string_view key)
{
    const auto* value = find_value(map, key);
    return value != nullptr && (!value->is_text() || !value->text.empty());
}

// Gives `target` the last value of `keys` that there is; one beside auth wins over one of the same name
// inside auth.
void move_last(layer& entry, std::string_view target, std::initializer_list<std::string_view> keys)
{
    std::optional<config_value> found;
    for (const auto key : keys)
    {
        for (auto* from : {&entry.auth, &entry.root})
        {
            const auto it = from->find(key);
            if (it == from->end())
            {
                continue;
            }
            if (has_text(*from, key))
            {
                found = std::move(it->second);
            }
            from->erase(it);
        }
    }
    if (found)
    {
        entry.auth.insert_or_assign(std::string(target), std::move(*found));
    }
}

// Gives `target` the first value of `keys` that there is, one inside auth first.
void move_first(layer& entry, std::string_view target, std::initializer_list<std::string_view> keys)
{
    std::optional<config_value> found;
    for (auto* from : {&entry.auth, &entry.root})
    {
        for (const auto key : keys)
        {
            if (!found && has_text(*from, key))
            {
                found = std::move(from->find(key)->second);
            }
        }
    }
    for (const auto key : keys)
    {
        entry.auth.erase(std::string(key));
        entry.root.erase(std::string(key));
    }
    if (found)
    {
        entry.auth.insert_or_assign(std::string(target), std::move(*found));
    }
}

// A domain that is given once is that of the user and of the project.
void share_domains(layer& entry)
{
    if (!has_text(entry.auth, "project_id") && !has_text(entry.auth, "project_name"))
    {
        return;
    }
    for (const std::string word : {"id", "name"})
    {
        const auto it = entry.auth.find("domain_" + word);
        if (it == entry.auth.end())
        {
            continue;
        }
        for (const std::string whose : {"user_domain_", "project_domain_"})
        {
            entry.auth.emplace(whose + word, it->second);
        }
        entry.auth.erase(it);
    }
}

struct region
{
    std::string name;
    config_value values;
};

result<region> read_region(const config_value& value, const std::string& label)
{
    if (value.is_text())
    {
        return region{value.text.reveal(), {}};
    }
    const auto* name = value.is_map() ? find_value(value.map, "name") : nullptr;
    const bool other_keys = value.is_map() && std::ranges::any_of(value.map, [](const auto& member) {
                                return member.first != "name" && member.first != "values";
                            });
    if (name == nullptr || !name->is_text() || other_keys)
    {
        return fail(
            errc::invalid, label + ": regions must list names, or mappings of the keys name and values"
        );
    }
    const auto* values = find_value(value.map, "values");
    return region{name->text.reveal(), values == nullptr ? config_value() : *values};
}

result<std::vector<region>> read_regions(const layer& entry, const std::string& label)
{
    std::vector<region> regions;
    const auto* given = find_value(entry.root, "regions");
    const bool listed = given != nullptr;
    given = listed ? given : find_value(entry.root, "region_name");
    if (given == nullptr)
    {
        return regions;
    }
    if (given->is_text())
    {
        std::string_view names = given->text.reveal();
        while (!names.empty())
        {
            const auto comma = std::min(names.find(','), names.size());
            regions.push_back({std::string(names.substr(0, comma)), {}});
            names.remove_prefix(std::min(comma + 1, names.size()));
        }
        return regions;
    }
    if (!given->is_list())
    {
        return fail(
            errc::invalid, label + (listed ? ": regions must be a list" : ": region_name must be a text")
        );
    }
    for (const auto& value : given->list)
    {
        auto read = read_region(value, label);
        if (!read)
        {
            return std::unexpected(read.error());
        }
        regions.push_back(std::move(*read));
    }
    return regions;
}

}  // namespace

result<layer> make_layer(config_value value, const std::string& label)
{
    if (!value.is_map() && !value.is_null())
    {
        return fail(errc::invalid, label + ": the entry must be a mapping of keys to values");
    }
    auto root = spell_alike(std::move(value.map), "", label);
    if (!root)
    {
        return std::unexpected(root.error());
    }
    layer read;
    if (const auto it = root->find("auth"); it != root->end())
    {
        if (!it->second.is_map())
        {
            return fail(errc::invalid, label + ": auth must be a mapping of keys to values");
        }
        auto auth = spell_alike(std::move(it->second.map), "auth.", label);
        if (!auth)
        {
            return std::unexpected(auth.error());
        }
        read.auth = std::move(*auth);
        root->erase(it);
    }
    // An older name wins over the newer one, as in openstacksdk; it comes first in the order of the map.
    for (auto& [key, held] : *root)
    {
        std::string name = newer_name(key);
        if (name == key)
        {
            read.root.emplace(std::move(name), std::move(held));
        }
        else
        {
            read.root.insert_or_assign(std::move(name), std::move(held));
        }
    }
    return read;
}

void lay_over(layer& below, layer over)
{
    for (auto& [key, value] : over.root)
    {
        below.root.insert_or_assign(key, std::move(value));
    }
    for (auto& [key, value] : over.auth)
    {
        below.auth.insert_or_assign(key, std::move(value));
    }
}

result<chosen_region> settle_region(layer& entry, const std::string& label)
{
    auto regions = read_regions(entry, label);
    if (!regions)
    {
        return std::unexpected(regions.error());
    }
    entry.root.erase("regions");
    entry.root.erase("region_name");
    chosen_region chosen{.name = {}, .several = regions->size() > 1};
    for (auto& [name, values] : *regions)
    {
        if (chosen.several && values.is_map() && !values.map.empty())
        {
            return fail(
                errc::invalid,
                label +
                    ": regions gives values of its own to one of several regions, which is not supported; "
                    "write an "
                    "entry for each region"
            );
        }
        auto over = make_layer(std::move(values), label + ": regions");
        if (!over)
        {
            return std::unexpected(over.error());
        }
        lay_over(entry, std::move(*over));
        chosen.name = chosen.several ? "" : name;
    }
    return chosen;
}

void settle_auth(layer& entry)
{
    for (const auto key :
         {"domain_id",
          "domain_name",
          "user_domain_id",
          "user_domain_name",
          "project_domain_id",
          "project_domain_name",
          "passcode"})
    {
        move_last(entry, key, {key});
    }
    move_last(entry, "token", {"auth_token", "token"});
    move_last(entry, "project_id", {"tenant_id", "project_id"});
    move_last(entry, "project_name", {"tenant_name", "project_name"});
    share_domains(entry);
    move_first(entry, "username", {"username", "user_name"});
    for (const auto key : auth_keys())
    {
        // These two are moved above.
        if (key != "username" && key != "user_name")
        {
            move_first(entry, key, {key});
        }
    }
}

}  // namespace cloud::openstack
