#pragma once

#include "cloud/client.hpp"
#include "net/http/http.hpp"
#include "support/error.hpp"
#include "support/secret.hpp"

#include <optional>
#include <string>

// The only table that turns the answer of a service, or its absence, into a class of failure.
namespace cloud::openstack {

enum class service
{
    keystone,
    barbican,
    octavia,
};

// The part of a request on which the meaning of its answer depends.
struct question
{
    service asked = service::octavia;
    // Kind and id of the object: "container <id>", "Listener <id>". A 404 is compared with it. For Keystone
    // it is for people alone.
    std::string object;
    // After a write, only an answer of the service itself settles the outcome.
    bool write = false;
    bool over_http = false;  // without TLS
};

// Empty for a 2xx. A 401 is credentials_invalid; the caller that holds the token decides whether a new one
// may help. `sent` (the token or password of the request) never appears in the message, even if the server
// repeats it.
std::optional<error> judge(
    const question& asked, const net::http_response& answer, const support::secret& sent
);

// The failure of an exchange without an answer.
error judge(const question& asked, const support::error& failure);

// The failure of a 2xx whose body is wrong; `oddity` says what is wrong with it.
error judge_odd(const question& asked, const std::string& oddity);

// The name of the service, for messages: "Octavia".
std::string name_of(service asked);

}  // namespace cloud::openstack
