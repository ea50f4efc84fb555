#pragma once

#include "kube/config.hpp"
#include "kube/credentials.hpp"
#include "net/http/http.hpp"

#include <vector>

namespace kube {

// Adds the headers that say who asks: Authorization, and whom the request acts as
// (https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/).
void add_identity(
    const request_credentials::current& current, const impersonation& as, std::vector<net::header>& headers
);

}  // namespace kube
