#include "cloud/openstack/credential_registry.hpp"

#include "cloud/openstack/create_client.hpp"
#include "cloud/openstack/tenant_entry.hpp"

#include <utility>

namespace cloud::openstack {

credential_registry::credential_registry(
    net::http_client& http,
    support::clock& clock,
    support::random_engine& random,
    allowed_urls allowed,
    support::duration timeout
)
    : http_(http), clock_(clock), random_(random), allowed_(std::move(allowed)), timeout_(timeout)
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
    std::erase_if(known_, [](const auto& known) { return known.second.expired(); });
    auto& shared = known_[entry.id];
    if (auto in_use = shared.lock())
    {
        return in_use;
    }
    auto created = std::make_shared<credential>();
    created->id = entry.id;
    created->identity = entry.keystone.str();
    created->client = create_client(http_, clock_, random_, std::move(entry), timeout_);
    shared = created;
    return created;
}

}  // namespace cloud::openstack
