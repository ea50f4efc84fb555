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
    // Temporary: the credential is not known yet.
    bool passes = false;

    bool operator==(const missing_credential&) const = default;
};

// Which credential each binding acts with; the target of a binding follows from it.
class credential_source
{
public:
    virtual ~credential_source() = default;

    // A binding has changed. `before` is null for a created object, `after` for a deleted one. before ==
    // after means that only the content of the Secret may have changed.
    virtual void update(const certificate_binding* before, const certificate_binding* after) = 0;

    virtual target target_of(const certificate_binding& object) const = 0;
    // Null: the bindings of this target have no credential.
    virtual std::shared_ptr<cloud::credential> of(const target& target) const = 0;
    virtual bool is_controllers(const target& target) const = 0;
    virtual missing_credential why_none(const certificate_binding& object) const = 0;
    // The namespace of the binding may use the controller's credential only to detach what was attached with
    // the controller's credential. The ledger in status decides here which credential the target has. What
    // that credential may remove is decided by the believed ledger, so a status forged while the controller
    // runs gains nothing.
    virtual bool borrowed(const certificate_binding& object) const = 0;
};

}  // namespace binding
