#include "api/outcome.hpp"

#include "api/codes.hpp"
#include "api/http_status.hpp"
#include "binding/status/reported.hpp"

namespace api {

using binding::certificate_binding;
using binding::condition_type;
using binding::reason;

std::optional<int> outcome_of_creation(const certificate_binding* seen, bool time_is_up)
{
    const auto at_the_end = [&](int status) { return time_is_up ? std::optional(status) : std::nullopt; };
    if (seen != nullptr && seen->deleting)
    {
        return http::conflict;
    }
    if (seen == nullptr || !is_reported(*seen))
    {
        return at_the_end(http::created);
    }
    if (is_ready(*seen))
    {
        return http::created;
    }
    const auto& ready = (*seen).status[condition_type::ready];
    const int status = http_status_of(ready.reason);
    if (http::is_refusal(status))
    {
        return status;
    }
    // Trouble of the cloud may be over within the time of the call.
    const bool is_final =
        seen->status.state == binding::state::error && ready.reason != reason::cloud_unavailable;
    return status == http::server_error && is_final ? std::optional(status) : at_the_end(status);
}

bool deletion_needs_person(const certificate_binding* seen)
{
    return seen != nullptr && seen->deleting && is_reported(*seen) &&
           seen->status[condition_type::stalled].status == binding::condition_status::true_;
}

bool may_be_attached(const certificate_binding& object)
{
    return !object.status.ledger.attachments.empty();
}

bool lacks_listener(const certificate_binding& object)
{
    return is_reported_as(object, reason::listener_not_found) ||
           is_reported_as(object, reason::listener_access_denied);
}

}  // namespace api
