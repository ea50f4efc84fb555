#pragma once

#include "kube/client.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

// The refusals of kube-apiserver, in the exact words of version 1.37.
namespace test {

// A metav1.Status.
struct api_status
{
    int code = 0;
    nlohmann::ordered_json body;  // in the server's order of fields

    std::string text() const { return body.dump() + "\n"; }
};

namespace statuses {

api_status bad_request(const std::string& message);
api_status unauthorized();
// `verb` and `subresource` as in RBAC: "patch", "status".
api_status forbidden(
    const kube::resource& resource,
    const std::string& verb,
    const std::string& subresource,
    const std::string& name_space,
    const std::string& name
);
api_status not_found(const kube::resource& resource, const std::string& name);
api_status already_exists(const kube::resource& resource, const std::string& name);
api_status conflict(const kube::resource& resource, const std::string& name);
api_status invalid(
    const kube::resource& resource,
    const std::string& kind,
    const std::string& name,
    const std::string& field,
    const std::string& cause,  // "FieldValueInvalid"
    const std::string& message
);
api_status unsupported_patch();
api_status continue_expired(const std::string& inconsistent_token);
api_status watch_expired(std::uint64_t version, std::uint64_t oldest);
api_status version_too_large(std::uint64_t version, std::uint64_t current);
api_status version_invalid(const std::string& version);
api_status deleted(const kube::resource& resource, const std::string& name, const std::string& uid);
api_status internal_error(const std::string& message);
api_status too_many_requests();

}  // namespace statuses
}  // namespace test
