#pragma once

#include "cloud/binding_service.hpp"
#include "cloud/bycloud/service_entry.hpp"
#include "net/http/http.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"

#include <memory>

namespace cloud::bycloud {

// The client of one credential of the ByCloud API. `http`, `clock` and `random` must outlive the service, and
// the service must outlive its calls. `timeout`: of a read.
std::unique_ptr<binding_service> create_service(
    net::http_client& http,
    support::clock& clock,
    support::random_engine& random,
    service_entry entry,
    support::duration timeout
);

}  // namespace cloud::bycloud
