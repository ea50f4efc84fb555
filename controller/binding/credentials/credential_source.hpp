#pragma once

#include "binding/resource/certificate_binding.hpp"
#include "binding/target.hpp"
#include "cloud/credentials.hpp"

#include <memory>
#include <string>

namespace binding {

// Why a binding has no credential.
struct missing_credential
{
    binding::reason reason = reason::credentials_missing;
    std::string message;
    bool passes = false;  // it is only not known yet

    bool operator==(const missing_credential&) const = default;
};

// Which credential each binding acts with; the target of a binding follows from it.
class credential_source
{
public:
    virtual ~credential_source() = default;

    // An object has changed; null: it was not there / is gone. The same object: its Secret may have changed.
    virtual void update(const certificate_binding* before, const certificate_binding* after) = 0;

    virtual target target_of(const certificate_binding& object) const = 0;
    // Null: the bindings of this target have none.
    virtual std::shared_ptr<cloud::credential> of(const target& target) const = 0;
    virtual bool is_controllers(const target& target) const = 0;
    virtual missing_credential why_none(const certificate_binding& object) const = 0;
    // Its namespace may not use the credential, but for taking away what was put there with it.
    virtual bool borrowed(const certificate_binding& object) const = 0;
};

}  // namespace binding
