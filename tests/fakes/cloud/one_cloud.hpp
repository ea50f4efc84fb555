#pragma once

#include "binding/credentials/credentials.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>

namespace test {

// All bindings act with one cloud, except those of namespaces that have another.
class one_cloud final : public binding::credential_source
{
public:
    // `client` belongs to the test. A test that sends no request to the cloud needs none.
    explicit one_cloud(cloud::client* client = nullptr) : credential_(std::make_shared<cloud::credential>())
    {
        credential_->client = {std::shared_ptr<void>(), client};
    }

    void use(cloud::client* client) { credential_->client = {std::shared_ptr<void>(), client}; }

    void give(const std::string& name_space, cloud::client* client)
    {
        give_of_the_same_cloud(name_space, client);
        of_another_cloud_.insert(support::interned(name_space));
    }

    void give_of_the_same_cloud(const std::string& name_space, cloud::client* client)
    {
        auto& given = others_[support::interned(name_space)];
        given = std::make_shared<cloud::credential>();
        given->client = {std::shared_ptr<void>(), client};
    }

    void update(const binding::certificate_binding*, const binding::certificate_binding*) override {}
    binding::target target_of(const binding::certificate_binding& object) const override
    {
        auto target = binding::listener_of(object);
        if (others_.contains(object.name_space))
        {
            target.credential = object.name_space;
        }
        if (of_another_cloud_.contains(object.name_space))
        {
            target.identity = object.name_space;
        }
        return target;
    }
    std::shared_ptr<cloud::credential> of(const binding::target& target) const override
    {
        return target.credential.empty() ? credential_ : others_.at(target.credential);
    }
    binding::missing_credential why_none(const binding::certificate_binding&) const override { return {}; }
    bool is_controllers(const binding::target&) const override { return true; }
    bool borrowed(const binding::certificate_binding&) const override { return false; }

private:
    std::shared_ptr<cloud::credential> credential_;
    std::map<support::interned, std::shared_ptr<cloud::credential>> others_;
    std::set<support::interned> of_another_cloud_;
};

}  // namespace test
