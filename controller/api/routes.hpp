#pragma once

#include "api/failure.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace api {

enum class operation
{
    create_binding,              // POST   /v1/certificates/{certificate_id}/bindings
    list_bindings,               // GET    /v1/certificates/{certificate_id}/bindings
    read_binding,                // GET    /v1/certificates/{certificate_id}/bindings/{binding_id}
    delete_binding,              // DELETE /v1/certificates/{certificate_id}/bindings/{binding_id}
    read_certificate,            // GET    /v1/certificates/{certificate_id}
    list_listener_certificates,  // GET
                                 // /v1/load-balancers/{load_balancer_id}/listeners/{listener_id}/certificates
    read_contract,               // GET and HEAD /openapi.json
    read_documentation,          // GET and HEAD /docs
};

// An operation, and the parts of the path that stand for ids, decoded but not checked.
struct route
{
    api::operation operation = operation::read_contract;
    std::vector<std::string> ids;
};

// Failures: 404, no such path; 405, with Allow, another method.
result<route> find_route(std::string_view method, std::string_view path);

// Whether everybody may read it.
bool is_public(operation asked);

}  // namespace api
