#include "cloud/bycloud/service_registry.hpp"

#include "cloud/bycloud/create_service.hpp"

#include <utility>

namespace cloud::bycloud {

std::shared_ptr<credential> service_registry::share(service_entry entry)
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
    created->service = create_service(http_, clock_, random_, std::move(entry), timeout_);
    shared = created;
    return created;
}

}  // namespace cloud::bycloud
