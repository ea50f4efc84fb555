#pragma once

#include "api/failure.hpp"
#include "net/http/handler.hpp"
#include "support/uuid.hpp"

namespace api {

// The body of a POST.
struct new_binding
{
    support::uuid resource_id;
    bool sni = false;
};

// Failure: 400, with the name of the field: not JSON, not UTF-8, not application/json, an unknown, doubled or
// missing key, a wrong type or value.
result<new_binding> read_body(const net::server_request& request);

}  // namespace api
