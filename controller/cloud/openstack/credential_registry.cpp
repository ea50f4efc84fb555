#include "cloud/openstack/credential_registry.hpp"

#include "cloud/openstack/create_client.hpp"
#include "cloud/openstack/tenant_entry.hpp"
#include "support/log.hpp"
#include "support/text.hpp"

#include <utility>

namespace cloud::openstack {

// Of one Secret.
class credential_registry::entries final : public credential_entries
{
public:
    entries(credential_registry& registry, const credential_text& text, const allowed_urls& allowed)
        : registry_(registry), source_(text.source), owner_(text.owner), read_(text, allowed)
    {}

    support::result<std::shared_ptr<credential>> credential_of(const std::string& cloud) override
    {
        if (const auto known = opened_.find(cloud); known != opened_.end())
        {
            return known->second;
        }
        auto entry = read_.find(cloud);
        if (!entry)
        {
            return std::unexpected(entry.error());
        }
        auto opened = registry_.open(source_, std::move(*entry), owner_);
        if (opened)
        {
            opened_.emplace(cloud, *opened);
        }
        return opened;
    }

private:
    credential_registry& registry_;
    std::string source_;
    credential_owner owner_;
    tenant_entries read_;
    std::map<std::string, std::shared_ptr<credential>> opened_;
};

credential_registry::credential_registry(
    net::http_client& http,
    support::clock& clock,
    support::random_engine& random,
    allowed_urls allowed,
    support::duration timeout
)
    : http_(http),
      clock_(clock),
      random_(random),
      allowed_(std::make_shared<const allowed_urls>(std::move(allowed))),
      timeout_(timeout)
{}

credential_reader::parser credential_registry::create_parser()
{
    return [this, allowed = allowed_](const credential_text& text) {
        return std::make_shared<entries>(*this, text, *allowed);
    };
}

support::result<std::shared_ptr<credential>> credential_registry::open(
    const std::string& source, cloud_entry entry, const credential_owner& owner
)
{
    tell_unknown_keys(source, entry);
    if (!entry.service)
    {
        return share(std::move(entry), owner.tenant);
    }
    return make_service_ ? make_service_(std::move(entry), owner)
                         : support::fail(
                               support::errc::invalid,
                               entry.service->label + ": auth_type bycloud is not supported here"
                           );
}

void credential_registry::tell_unknown_keys(const std::string& source, const cloud_entry& entry)
{
    constexpr std::size_t most_told = 1000;
    const std::string what = source + ": cloud \"" + support::clean(entry.cloud) +
                             "\" has keys that nobody knows: " + support::joined(entry.unknown_keys);
    if (entry.unknown_keys.empty() || told_.contains(what))
    {
        return;
    }
    if (told_.size() >= most_told)
    {
        told_.clear();
    }
    told_.insert(what);
    support::log(support::log_level::warn, what + "; they have no effect");
}

std::shared_ptr<credential> credential_registry::share(cloud_entry entry, const std::string& tenant)
{
    if (known_.size() >= clean_at_)
    {
        std::erase_if(known_, [](const auto& known) { return known.second.expired(); });
        clean_at_ = 2 * known_.size() + 1;
    }
    auto& shared = known_[entry.id];
    if (auto in_use = shared.lock())
    {
        return in_use;
    }
    auto created = std::make_shared<credential>();
    created->id = entry.id;
    created->name = entry.cloud;
    created->identity = entry.keystone.str();
    created->client = client_of(std::move(entry), tenant);
    shared = created;
    return created;
}

std::shared_ptr<client> credential_registry::client_of(cloud_entry entry, const std::string& tenant)
{
    if (tenant.empty() || !make_means_)
    {
        return create_client(http_, clock_, random_, std::move(entry), timeout_, *offload_);
    }
    struct client_with_means
    {
        tenant_means means;  // outlives the client
        std::unique_ptr<cloud::client> client;
    };
    const auto both = std::make_shared<client_with_means>(make_means_(tenant), nullptr);
    both->client =
        create_client(*both->means.http, clock_, random_, std::move(entry), timeout_, *both->means.offload);
    return {both, both->client.get()};
}

}  // namespace cloud::openstack
