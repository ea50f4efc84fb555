#pragma once

#include "binding/credentials.hpp"

#include <memory>

namespace test {

// All bindings act with the one cloud.
class one_cloud final : public binding::credential_source
{
public:
    // `client` is the test's; none is needed where nothing asks the cloud.
    explicit one_cloud(cloud::client* client = nullptr) : credential_(std::make_shared<cloud::credential>())
    {
        credential_->client = {std::shared_ptr<void>(), client};
    }

    void seen(const binding::certificate_binding*, const binding::certificate_binding*) override {}
    binding::target target_of(const binding::certificate_binding& object) const override
    {
        return binding::listener_of(object);
    }
    std::shared_ptr<cloud::credential> of(const binding::target&) const override { return credential_; }
    binding::missing_credential why_none(const binding::certificate_binding&) const override { return {}; }
    bool is_controllers(const binding::target&) const override { return true; }
    bool lent(const binding::certificate_binding&) const override { return false; }

private:
    std::shared_ptr<cloud::credential> credential_;
};

}  // namespace test
