#pragma once

#include "cloud/client.hpp"
#include "cloud/openstack/clouds_yaml.hpp"
#include "net/http/http.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"

#include <memory>

namespace cloud::openstack {

// The client of one credential, over Keystone, Barbican and Octavia. `http`, `clock` and `random` must
// outlive the client, and the client must outlive its calls. `timeout`: of a read and of an authentication.
std::unique_ptr<client> create_client(
    net::http_client& http,
    support::clock& clock,
    support::random_engine& random,
    cloud_entry entry,
    support::duration timeout
);

}  // namespace cloud::openstack
