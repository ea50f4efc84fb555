#include "cloud/openstack/entry_service.hpp"

#include "cloud/openstack/entry_keys.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace cloud::openstack {
namespace {

constexpr std::array<std::string_view, 3> service_keys{"endpoint", "api_key", "token"};

bool is_service_key(std::string_view key)
{
    return std::ranges::find(service_keys, key) != service_keys.end();
}

std::string text_of(entry_reader& entry, const char* key)
{
    return entry.has_auth(key) ? entry.auth(key) : entry.root(key);
}

}  // namespace

bool is_of_binding_service(entry_reader& entry)
{
    return entry.root("auth_type") == "bycloud";
}

void read_service(entry_reader& entry, cloud_entry& read)
{
    service_login service;
    service.label = entry.entry().label;
    service.api_key = support::secret(text_of(entry, "api_key"));
    service.token = support::secret(text_of(entry, "token"));
    read.service = std::move(service);
    const auto endpoint =
        entry.has_auth("endpoint") ? entry.auth_url_of("endpoint") : entry.root_url_of("endpoint");
    if (endpoint)
    {
        read.keystone = *endpoint;
    }
    else
    {
        entry.note("endpoint is missing; add the URL of the ByCloud API, such as https://api.example.com");
    }
    for (const auto& [key, unused] : entry.entry().auth)
    {
        if (!is_service_key(key))
        {
            entry.note(
                "auth." + support::clean(key, 64) +
                " has no meaning for auth_type bycloud; remove it, or remove auth_type"
            );
        }
    }
    for (const auto& [key, unused] : entry.entry().root)
    {
        if (!is_service_key(key) && meaning_of(key).use == key_use::unknown)
        {
            read.unknown_keys.push_back(support::clean(key, 64));
        }
    }
}

}  // namespace cloud::openstack
