#pragma once

#include "cloud/client.hpp"
#include "cloud/openstack/clouds_yaml.hpp"
#include "net/http/http.hpp"
#include "support/clock.hpp"
#include "support/secret.hpp"
#include "support/task.hpp"

#include <string>

// The requests of a login, as keystoneauth sends them.
namespace cloud::openstack {

// The body of POST /v3/auth/tokens. `proof` is what the entry proves its rights with: its secret, or for a
// federated login the unscoped token.
std::string authentication_body(const cloud_entry& entry, const support::secret& proof);

// Whether `proof` is a token, which the request carries as X-Auth-Token too.
bool proves_with_token(const cloud_entry& entry);

// What the entry proves its rights with. A federated login asks its identity provider and Keystone's
// federation for an unscoped token; any other login asks nobody. Errors: credentials_invalid, transient.
support::task<answer<support::secret>> obtain_proof(
    net::http_client& http, const cloud_entry& entry, support::time_point deadline
);

}  // namespace cloud::openstack
