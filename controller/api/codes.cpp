#include "api/codes.hpp"

#include "api/http_status.hpp"

namespace api {

int http_status_of(binding::reason why)
{
    using binding::reason;
    switch (why)
    {
        case reason::unset:
        case reason::attached:
        case reason::progressing:
        case reason::load_balancer_busy:
        case reason::no_default_certificate:  // it is attached, so it was created
        case reason::certificate_active:
            return http::created;
        case reason::detaching:
        case reason::last_certificate:
        case reason::detach_not_supported:
            return http::accepted;
        case reason::listener_protocol:
        case reason::certificate_refused:
            return http::bad_request;
        case reason::credentials_invalid:
        case reason::credentials_missing:
            return http::unauthorized;
        case reason::certificate_not_found:
        case reason::certificate_access_denied:
        case reason::listener_not_found:
        case reason::listener_access_denied:
            return http::not_found;
        case reason::certificate_not_active:
        case reason::certificate_expired:
        case reason::conflict:
            return http::conflict;
        case reason::load_balancer_error:
        case reason::listener_error:
        case reason::blocked_by_unreadable_ref:
        case reason::contested:
        case reason::ledger_full:
        case reason::cloud_changed:
        case reason::cloud_unavailable:
            return http::server_error;
    }
    return http::server_error;
}

}  // namespace api
