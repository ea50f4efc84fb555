#include "binding/policies/failures.hpp"

namespace binding {
namespace {

reason reason_of(cloud::failure failure, reason not_found, reason access_denied)
{
    switch (failure)
    {
        case cloud::failure::not_found:
        case cloud::failure::no_endpoint:
            return not_found;
        case cloud::failure::access_denied:
            return access_denied;
        case cloud::failure::credentials_invalid:
            return reason::credentials_invalid;
        case cloud::failure::busy:
        case cloud::failure::refused:
        case cloud::failure::rate_limited:
        case cloud::failure::transient:
        case cloud::failure::too_late:
        case cloud::failure::ambiguous:
        case cloud::failure::not_supported:
        case cloud::failure::no_route:
            break;
    }
    return reason::cloud_unavailable;
}

std::string place_of(const certificate_binding& object, const cloud::project_scope* scope)
{
    return " (region " + object.spec.region.str() +
           (scope == nullptr || scope->project_id.empty() ? "" : ", project " + scope->project_id) + ")";
}

// The credential is named here, because the cloud's client does not know in which Secrets it stands.
std::string place_of_credential(const certificate_binding& object)
{
    return object.spec.secret.empty() ? " (the controller's own credential, which is read again each minute)"
                                      : " (the credential of Secret " + object.name_space.str() + "/" +
                                            object.spec.secret.str() + ")";
}

std::string message_of(
    const cloud::error& error,
    const certificate_binding& object,
    const cloud::project_scope* scope,
    std::string_view field,
    std::string_view role
)
{
    switch (error.kind)
    {
        case cloud::failure::not_found:
            return error.message + "; check " + std::string(field) +
                   ", spec.region and the project of the credential" + place_of(object, scope);
        case cloud::failure::access_denied:
            return error.message + "; the user of the credential needs a role " + std::string(role) +
                   place_of(object, scope);
        case cloud::failure::credentials_invalid:
            return error.message + place_of_credential(object);
        default:
            return error.message;
    }
}

}  // namespace

std::string certificate_message(
    const cloud::error& error, const certificate_binding& object, const cloud::project_scope* scope
)
{
    return message_of(error, object, scope, "spec.certificateId", "that may read the certificate");
}

std::string listener_message(
    const cloud::error& error, const certificate_binding& object, const cloud::project_scope* scope
)
{
    return message_of(
        error, object, scope, "spec.resourceId", "such as load-balancer_member in the project of the listener"
    );
}

reason certificate_reason(cloud::failure failure)
{
    return reason_of(failure, reason::certificate_not_found, reason::certificate_access_denied);
}

reason listener_reason(cloud::failure failure)
{
    return reason_of(failure, reason::listener_not_found, reason::listener_access_denied);
}

}  // namespace binding
