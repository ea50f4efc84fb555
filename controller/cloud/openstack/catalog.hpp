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

// What Keystone's answer to an authentication holds
// (https://docs.openstack.org/api-ref/identity/v3/#password-authentication-with-scoped-authorization): the
// token, and the catalog of the cloud's services.
namespace cloud::openstack {

// One endpoint of a service that we use.
struct endpoint
{
    service of;
    std::string interface;
    std::string region;
    std::string url;
};

struct issued_token
{
    support::secret token;
    std::string project_id;
    support::duration life{};  // from its issue to its end, by Keystone's own clock
    std::vector<endpoint> catalog;
};

// Reads a 201 of POST /v3/auth/tokens; the error says what is odd about it.
std::expected<issued_token, std::string> read_token(const net::http_response& answer);

// The URL below which the resources of `of` are: the entry's own, else the catalog's for `region` and the
// entry's interface, with the version of the API that we speak: ".../v2", ".../v1". Errors: no_endpoint; an
// http URL of a catalog that came by https is none.
answer<net::url> service_url(
    service of, std::string_view region, const cloud_entry& entry, const std::vector<endpoint>& catalog
);

}  // namespace cloud::openstack
