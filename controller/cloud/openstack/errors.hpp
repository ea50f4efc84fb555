#pragma once

#include "cloud/client.hpp"
#include "net/http/http.hpp"
#include "support/error.hpp"
#include "support/secret.hpp"

#include <optional>
#include <string>

// The one table from what a service answered, or did not, to what can be done about it.
namespace cloud::openstack {

enum class service
{
    keystone,
    barbican,
    octavia,
};

// What was asked, as far as the meaning of the answer depends on it.
struct question
{
    service asked = service::octavia;
    std::string object;  // as the service itself names it in a 404: "Listener <id>"; otherwise for people
    bool write = false;  // whatever is not the service's own answer leaves the outcome open
};

// Empty for a 2xx. A 401 is credentials_invalid: whether a new token helps is for whoever holds one.
// `sent` (the token or password of the request) never appears in the message, even if the server repeats it.
std::optional<error> judge(
    const question& asked, const net::http_response& answer, const support::secret& sent
);

// The exchange itself failed.
error judge(const question& asked, const support::error& failure);

// A 2xx that is not what was asked for; `oddity` says in which way.
error judge_odd(const question& asked, const std::string& oddity);

// "Octavia", for messages.
std::string name_of(service asked);

}  // namespace cloud::openstack
