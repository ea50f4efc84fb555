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
            break;
    }
    return reason::cloud_unavailable;
}

}  // namespace

reason certificate_reason(cloud::failure failure)
{
    return reason_of(failure, reason::certificate_not_found, reason::certificate_access_denied);
}

reason listener_reason(cloud::failure failure)
{
    return reason_of(failure, reason::listener_not_found, reason::listener_access_denied);
}

}  // namespace binding
