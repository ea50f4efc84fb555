#include "cloud/openstack/tenant_entry.hpp"

#include "cloud/openstack/entry_reader.hpp"
#include "cloud/openstack/written_entry.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace cloud::openstack {
namespace {

using support::errc;
using support::fail;

constexpr std::size_t largest_clouds_yaml = 64 << 10;
constexpr std::size_t largest_ca = 512 << 10;
constexpr std::size_t most_entries = 256;

struct refused_key
{
    std::string_view key;
    std::string_view why;
};

constexpr std::array<refused_key, 4> refused_keys{{
    {"cacert", "names a file; put the CA's certificates (PEM) into the Secret's key cacert instead"},
    {"cert", "names a file; client certificates are not supported, remove it"},
    {"key", "names a file; client certificates are not supported, remove it"},
    {"vendor_hook", "names a program; remove it"},
}};

bool is_empty_text(const config_value& value)
{
    return value.is_text() && value.text.empty();
}

// The key cacert of the Secret replaces the files that the entry names, which are those of another machine.
void drop_replaced_files(config_map& root)
{
    root.erase("cacert");
    const auto* verify = find_value(root, "verify");
    if (verify != nullptr && verify->is_text() && !entry_reader::flag_of(verify->text.reveal()))
    {
        root.erase("verify");
    }
}

// The first problem of the keys; empty if there is none.
std::string problem_with_keys(const written_entry& entry)
{
    for (const auto* section : {&entry.auth, &entry.root})
    {
        const std::string prefix = section == &entry.auth ? "auth." : "";
        for (const auto& [key, why] : refused_keys)
        {
            const auto* value = find_value(*section, key);
            if (value != nullptr && !is_empty_text(*value))
            {
                return prefix + std::string(key) + " " + std::string(why);
            }
        }
    }
    const auto* verify = find_value(entry.root, "verify");
    if (verify != nullptr && !is_empty_text(*verify) &&
        !(verify->is_text() && entry_reader::flag_of(verify->text.reveal())))
    {
        return "verify names a file; put the CA's certificates (PEM) into the Secret's key cacert instead";
    }
    return {};
}

// The first problem of the URLs in their final form; empty if there is none.
std::string problem_with_urls(const cloud_entry& entry, const allowed_urls& allowed)
{
    if (!allowed.admit(entry.keystone))
    {
        return std::string(entry.service ? "endpoint" : "auth.auth_url") +
               " is not admitted here; ask the operator of the controller to admit it with "
               "--allowed-auth-urls";
    }
    const std::array<std::pair<std::string_view, const std::optional<net::url>*>, 2> overrides{{
        {"load_balancer_endpoint_override", &entry.load_balancer_endpoint},
        {"key_manager_endpoint_override", &entry.key_manager_endpoint},
    }};
    for (const auto& [key, url] : overrides)
    {
        if (*url && !allowed.admit(**url))
        {
            return std::string(key) +
                   " is not admitted here; remove it to use the URL of Keystone's catalog, or ask the "
                   "operator of the controller to admit it with --allowed-auth-urls";
        }
        if (*url && entry.keystone.origin.tls && !(*url)->origin.tls)
        {
            return std::string(key) + " is http although auth_url is https; no token is sent over http";
        }
    }
    if (!entry.federated)
    {
        return {};
    }
    const std::array<std::pair<std::string_view, const std::optional<net::url>*>, 2> providers{{
        {"discovery_endpoint", &entry.federated->discovery_endpoint},
        {"access_token_endpoint", &entry.federated->token_endpoint},
    }};
    for (const auto& [key, url] : providers)
    {
        if (*url && !allowed.admit(**url))
        {
            return "auth." + std::string(key) +
                   " is not admitted here; ask the operator of the controller to admit it with "
                   "--allowed-auth-urls";
        }
    }
    return {};
}

support::result<cloud_entry> read_one(
    const entry_sources& sources,
    const config_map& clouds,
    const std::string& cloud,
    const entry_tls& tls,
    const allowed_urls& allowed
)
{
    auto written = read_entry(sources, clouds, cloud);
    if (!written)
    {
        return std::unexpected(written.error());
    }
    const std::string label = written->label;
    if (tls.settings)
    {
        drop_replaced_files(written->root);
    }
    if (const std::string problem = problem_with_keys(*written); !problem.empty())
    {
        return fail(errc::invalid, label + ": " + problem);
    }
    auto entry = understand_entry(std::move(*written), tls);
    if (!entry)
    {
        return entry;
    }
    if (const std::string problem = problem_with_urls(*entry, allowed); !problem.empty())
    {
        return fail(errc::invalid, label + ": " + problem);
    }
    return entry;
}

}  // namespace

tenant_entries::tenant_entries(const credential_text& text, const allowed_urls& allowed)
{
    const auto refuse = [&](const std::string& why) {
        problem_ = fail(errc::invalid, text.source + ": " + why).error();
    };
    if (text.clouds_yaml.size() > largest_clouds_yaml || text.ca_pem.size() > largest_ca)
    {
        refuse("larger than 64 KiB, or its CA larger than 512 KiB");
        return;
    }
    sources_.untrusted = true;
    sources_.clouds = {text.source, std::string(text.clouds_yaml)};
    const auto clouds = read_clouds(sources_);
    support::wipe(sources_.clouds.text);
    if (!clouds)
    {
        problem_ = clouds.error();
        return;
    }
    if (clouds->size() > most_entries)
    {
        refuse(
            "has more than " + std::to_string(most_entries) + " clouds; divide them among several Secrets"
        );
        return;
    }
    const entry_tls tls = check_tls({.ca_pem = std::string(text.ca_pem)});
    for (const auto& [name, unused] : *clouds)
    {
        names_.emplace(name, config_value());
        read_.emplace(name, read_one(sources_, *clouds, name, tls, allowed));
    }
}

support::result<cloud_entry> tenant_entries::find(const std::string& cloud) const
{
    if (problem_)
    {
        return std::unexpected(*problem_);
    }
    const bool is_only = cloud.empty() && read_.size() == 1;
    if (const auto known = is_only ? read_.begin() : read_.find(cloud); known != read_.end())
    {
        return known->second;
    }
    return std::unexpected(read_entry(sources_, names_, cloud).error());  // there is no such cloud
}

support::result<cloud_entry> parse_tenant_entry(const credential_text& text, const allowed_urls& allowed)
{
    return tenant_entries(text, allowed).find(text.cloud);
}

}  // namespace cloud::openstack
