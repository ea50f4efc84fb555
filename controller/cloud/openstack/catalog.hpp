#pragma once

#include "cloud/client.hpp"
#include "cloud/openstack/clouds_yaml.hpp"
#include "cloud/openstack/errors.hpp"
#include "net/http/http.hpp"
#include "net/http/url.hpp"
#include "support/clock.hpp"
#include "support/secret.hpp"

#include <expected>
#include <string>
#include <string_view>
#include <vector>

// The content of Keystone's answer to an authentication
// (https://docs.openstack.org/api-ref/identity/v3/#password-authentication-with-scoped-authorization): the
// token, and the catalog of the cloud's services.
namespace cloud::openstack {

// "load-balancer" (https://service-types.openstack.org/).
std::string_view type_of(service of);

// One endpoint of Barbican or Octavia.
struct endpoint
{
    service of;
    std::string interface;
    std::string region;  // empty: the catalog names none
    std::string url;
};

struct issued_token
{
    support::secret token;
    std::string project_id;
    support::duration life{};  // from its issue to its end, by Keystone's clock
    std::vector<endpoint> catalog;
};

// Reads a 201 of POST /v3/auth/tokens; the error says what is wrong with the answer.
std::expected<issued_token, std::string> read_token(const net::http_response& answer);

// The URL of the API of `of`, with its version: ".../v2", ".../v1". It is the URL of the entry, or else that
// of the catalog for `region` and the interfaces of the entry. Errors: no_endpoint, also for an http URL in a
// catalog that came over https.
answer<net::url> service_url(
    service of, std::string_view region, const cloud_entry& entry, const std::vector<endpoint>& catalog
);

}  // namespace cloud::openstack
