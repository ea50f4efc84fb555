#include "cloud/bycloud/service_registry.hpp"

#include "cloud/bycloud/create_service.hpp"

#include <utility>

namespace cloud::bycloud {

std::shared_ptr<credential> service_registry::share(
    service_entry entry, const std::function<std::unique_ptr<net::http_client>()>& http
)
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
    created->name = entry.name;
    created->identity = entry.endpoint.str();
    struct service_with_client
    {
        std::unique_ptr<net::http_client> http;  // outlives the service; null: it has none of its own
        std::unique_ptr<binding_service> service;
    };
    const auto both = std::make_shared<service_with_client>(http ? http() : nullptr, nullptr);
    both->service =
        create_service(both->http ? *both->http : http_, clock_, random_, std::move(entry), timeout_);
    created->service = {both, both->service.get()};
    shared = created;
    return created;
}

}  // namespace cloud::bycloud
