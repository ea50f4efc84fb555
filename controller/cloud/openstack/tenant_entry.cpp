#include "cloud/openstack/tenant_entry.hpp"

#include "cloud/openstack/yaml_entry.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace cloud::openstack {
namespace {

using support::errc;
using support::fail;

constexpr std::size_t largest_clouds_yaml = 64 << 10;
constexpr std::size_t largest_ca = 512 << 10;

constexpr std::array<std::string_view, 3> url_keys{
    "auth_url", "load_balancer_endpoint_override", "key_manager_endpoint_override"
};

struct refused_key
{
    std::string_view key;
    std::string_view why;
};

constexpr std::array<refused_key, 6> refused_keys{{
    {"cacert", "names a file; put the CA's certificates (PEM) into the Secret's key cacert instead"},
    {"cert", "names a file; client certificates are not supported, remove it"},
    {"key", "names a file; client certificates are not supported, remove it"},
    {"profile", "names a vendor file; write its keys into the entry instead"},
    {"cloud", "names a vendor file; write its keys into the entry instead"},
    {"vendor_hook", "names a program; remove it"},
}};

// The first problem of the keys, or of the form of a URL; empty if there is none.
std::string problem_with_keys(const yaml_entry& entry)
{
    for (const auto* section : {&entry.auth, &entry.root})
    {
        const std::string prefix = section == &entry.auth ? "auth." : "";
        for (const auto& [key, why] : refused_keys)
        {
            if (section->contains(std::string(key)))
            {
                return prefix + std::string(key) + " " + std::string(why);
            }
        }
        for (const std::string_view key : url_keys)
        {
            const auto it = section->find(std::string(key));
            if (it != section->end() && it->second && !net::parse_url(it->second->reveal()))
            {
                return prefix + std::string(key) +
                       " must be an http or https URL such as https://keystone.example/v3, without a user "
                       "name, a query or a fragment";
            }
        }
    }
    return {};
}

// The first problem of the URLs in their final form; empty if there is none.
std::string problem_with_urls(const cloud_entry& entry, const allowed_urls& allowed)
{
    if (!allowed.admit(entry.keystone))
    {
        return "auth.auth_url is not admitted here; ask the operator of the controller to admit it with "
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
    return {};
}

}  // namespace

support::result<cloud_entry> parse_tenant_entry(const credential_text& text, const allowed_urls& allowed)
{
    if (text.clouds_yaml.size() > largest_clouds_yaml || text.ca_pem.size() > largest_ca)
    {
        return fail(errc::invalid, text.source + ": larger than 64 KiB, or its CA larger than 512 KiB");
    }
    auto written = read_yaml_entry(text.clouds_yaml, "", text.source, text.cloud);
    if (!written)
    {
        return std::unexpected(written.error());
    }
    const std::string label = written->label;
    if (const std::string problem = problem_with_keys(*written); !problem.empty())
    {
        return fail(errc::invalid, label + ": " + problem);
    }
    auto entry = understand_entry(std::move(*written), std::string(text.ca_pem));
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

}  // namespace cloud::openstack
