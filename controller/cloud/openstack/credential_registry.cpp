#include "cloud/openstack/credential_registry.hpp"

#include "cloud/openstack/create_client.hpp"
#include "cloud/openstack/tenant_entry.hpp"

#include <utility>

namespace cloud::openstack {

credential_registry::credential_registry(
    net::http_client& http, support::clock& clock, support::random_engine& random, allowed_urls allowed
)
    : http_(http), clock_(clock), random_(random), allowed_(std::move(allowed))
{}

support::result<std::shared_ptr<credential>> credential_registry::read(const credential_text& text)
{
    auto entry = parse_tenant_entry(text, allowed_);
    if (!entry)
    {
        return std::unexpected(entry.error());
    }
    return share(std::move(*entry));
}

std::shared_ptr<credential> credential_registry::share(cloud_entry entry)
{
    std::erase_if(known_, [](const auto& each) { return each.second.expired(); });
    auto& known = known_[entry.id];
    if (auto in_use = known.lock())
    {
        return in_use;
    }
    auto made = std::make_shared<credential>();
    made->id = entry.id;
    made->identity = entry.keystone.str();
    made->client = create_client(http_, clock_, random_, std::move(entry));
    known = made;
    return made;
}

}  // namespace cloud::openstack
