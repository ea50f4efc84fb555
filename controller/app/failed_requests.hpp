#pragma once

#include "net/http/measured_client.hpp"
#include "support/clock.hpp"
#include "support/log_limit.hpp"

namespace app {

// Logs the requests to the cloud that fail, with the id by which the service's own log knows the request: one
// line per service, verb and status code and minute, with the number of those left out. A 5xx and no answer
// are warnings; 404 and 409 are usual answers, and 401 ends a token, so these are debug lines.
class failed_requests
{
public:
    explicit failed_requests(support::clock& clock) : clock_(clock) {}

    void ended(const net::measured_request& request);

private:
    support::clock& clock_;
    support::log_limit limit_;
};

}  // namespace app
