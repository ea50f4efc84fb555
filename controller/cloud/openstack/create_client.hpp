#pragma once

#include "cloud/client.hpp"
#include "cloud/openstack/clouds_yaml.hpp"
#include "net/http/http.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"
#include "support/offload.hpp"

#include <memory>

namespace cloud::openstack {

// The client of one credential, over Keystone, Barbican and Octavia. The references must outlive the client,
// and the client must outlive its calls. `timeout`: of a read and of an authentication. `offload`: reads
// certificates that tenants made.
std::unique_ptr<client> create_client(
    net::http_client& http,
    support::clock& clock,
    support::random_engine& random,
    cloud_entry entry,
    support::duration timeout,
    support::offload& offload = support::on_the_spot()
);

}  // namespace cloud::openstack
