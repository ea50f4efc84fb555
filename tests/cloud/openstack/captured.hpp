#pragma once

#include "net/http/http.hpp"

#include <string>

// Answers of real services (Keystone 22, Barbican 15, Octavia 11), as they were captured.
namespace captured {

inline const std::string secret_id = "fe7ac002-b1fc-42cf-85d2-d4c2646c473e";
inline const std::string container_id = "ad85238f-d71d-4275-b905-f7324919a2d9";
inline const std::string certificate_part = "1b9dbc24-4a7f-4760-a56d-63dfcbe8f410";
inline const std::string private_key_part = "0885d467-52a6-4343-b64c-e91fc7dc4484";
inline const std::string intermediates_part = "5c0cecfa-01e2-4fec-8773-febf8a5c926e";
inline const std::string unknown_id = "11111111-2222-4333-8444-555555555555";
inline const std::string listener_id = "bbf51668-d040-4795-bf08-7beb09d8d262";
inline const std::string load_balancer_id = "a007098a-7152-433b-9410-3d6ae742f041";
inline const std::string key_manager = "http://127.0.0.1:19311/v1";
inline const std::string load_balancing = "http://127.0.0.1:19876/v2/lbaas";

inline net::http_response json(int status, std::string body)
{
    return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

inline net::http_response html(int status)
{
    return {
        status,
        {{"Content-Type", "text/html"}},
        "<html><body><h1>" + std::to_string(status) +
            "</h1>No server is available to handle this request.</body></html>"
    };
}

// From Keystone, and from keystonemiddleware in front of the other two services.
inline net::http_response unauthorized()
{
    auto answer = json(
        401,
        R"({"error":{"code":401,"title":"Unauthorized","message":"The request you have made requires authentication."}})"
    );
    answer.headers.push_back({"WWW-Authenticate", R"(Keystone uri="http://127.0.0.1:15000/v3")"});
    return answer;
}

inline net::http_response keystone_down()
{
    return json(
        503,
        R"({"message": "The server is currently unavailable. Please try again at a later time.<br /><br />\n)"
        R"(The Keystone service is temporarily unavailable.\n\n", "code": "503 Service Unavailable", )"
        R"("title": "Service Unavailable"})"
    );
}

inline net::http_response unknown_application_credential()
{
    return json(
        404,
        R"({"error":{"code":404,"message":"Could not find Application Credential: deadbeef.","title":"Not Found"}})"
    );
}

// A token of Keystone, for `region`, with both services in its catalog.
inline net::http_response token(const std::string& value, const std::string& region = "sao1")
{
    const auto endpoints = [&region](const std::string& port) {
        std::string list;
        for (const std::string interface : {"public", "internal", "admin"})
        {
            list += std::string(list.empty() ? "" : ",") + R"({"id":"x","interface":")" + interface +
                    R"(","region_id":")" + region + R"(","region":")" + region +
                    R"(","url":"http://127.0.0.1:)" + port + R"("})";
        }
        return list;
    };
    auto answer = json(
        201,
        R"({"token":{"methods":["application_credential"],"expires_at":"2026-11-24T04:27:20.000000Z",)"
        R"("issued_at":"2026-11-24T03:27:20.000000Z","project":{"domain":{"id":"default","name":"Default"},)"
        R"("id":"4df7978bb2cf4afc91391260ded6416d","name":"tenant-a"},"is_domain":false,"catalog":[)"
        R"({"type":"identity","name":"keystone","id":"1","endpoints":[)" +
            endpoints("15000/v3") + R"(]},{"type":"load-balancer","name":"octavia","id":"2","endpoints":[)" +
            endpoints("19876") + R"(]},{"type":"key-manager","name":"barbican","id":"3","endpoints":[)" +
            endpoints("19311") + R"(]}]}})"
    );
    answer.headers.push_back({"X-Subject-Token", value});
    return answer;
}

inline net::http_response octavia_fault(int status, const std::string& text)
{
    return json(
        status,
        R"({"faultcode":")" + std::string(status < 500 ? "Client" : "Server") + R"(","faultstring":")" +
            text + R"(","debuginfo":null})"
    );
}

inline net::http_response listener_not_found(const std::string& id)
{
    return octavia_fault(404, "Listener " + id + " not found.");
}

inline net::http_response immutable()
{
    return octavia_fault(409, "Load Balancer " + load_balancer_id + " is immutable and cannot be updated.");
}

inline net::http_response forbidden_by_octavia()
{
    return octavia_fault(403, "Policy does not allow this request to be performed.");
}

inline net::http_response forbidden_by_barbican()
{
    return json(
        403,
        R"({"code":403,"title":"Forbidden","description":"Secret retrieval attempt not allowed - please review your )"
        R"(user/project privileges"})"
    );
}

inline net::http_response secret_not_found()
{
    return json(404, R"({"code":404,"title":"Not Found","description":"Secret not found."})");
}

inline net::http_response container_not_found()
{
    return json(404, R"({"code":404,"title":"Not Found","description":"Secrets container not found."})");
}

inline net::http_response secret(
    const std::string& id,
    const std::string& content_type = "application/octet-stream",
    const std::string& status = "ACTIVE"
)
{
    const std::string content =
        content_type.empty() ? "" : R"("content_types":{"default":")" + content_type + R"("},)";
    return json(
        200,
        R"({"created":"2026-11-24T03:27:21","updated":"2026-11-24T03:27:21","status":")" + status +
            R"(","name":"a.p12","secret_type":"opaque","expiration":null,"algorithm":null,"bit_length":null,)"
            R"("mode":null,"creator_id":"b01c14cbcdb4483cb373c0a7aaafac62",)" +
            content + R"("secret_ref":")" + key_manager + "/secrets/" + id + R"("})"
    );
}

inline std::string part(const std::string& name, const std::string& id)
{
    return R"({"name":")" + name + R"(","secret_ref":")" + key_manager + "/secrets/" + id + R"("})";
}

inline net::http_response container(
    const std::string& parts, const std::string& type = "certificate", const std::string& status = "ACTIVE"
)
{
    return json(
        200,
        R"({"created":"2026-11-24T03:27:21","updated":"2026-11-24T03:27:21","status":")" + status +
            R"(","name":"tls-c","type":")" + type +
            R"(","creator_id":"b01c14cbcdb4483cb373c0a7aaafac62",)"
            R"("secret_refs":[)" +
            parts + R"(],"consumers":[],"container_ref":")" + key_manager + "/containers/" + container_id +
            R"("})"
    );
}

inline net::http_response container()
{
    return container(
        part("private_key", private_key_part) + "," + part("intermediates", intermediates_part) + "," +
        part("certificate", certificate_part)
    );
}

// `refs`: JSON, such as "default_tls_container_ref":null,"sni_container_refs":[].
inline net::http_response listener(
    const std::string& refs, const std::string& status = "ACTIVE", const std::string& id = listener_id
)
{
    return json(
        200,
        R"({"listener":{"id":")" + id + R"(","name":"https","description":"","provisioning_status":")" +
            status +
            R"(","operating_status":"OFFLINE","admin_state_up":true,"protocol":"TERMINATED_HTTPS",)"
            R"("protocol_port":443,"connection_limit":-1,)" +
            refs +
            R"(,"project_id":"4df7978bb2cf4afc91391260ded6416d","default_pool_id":null,"l7policies":[],)"
            R"("insert_headers":{},"created_at":"2026-11-24T03:27:23","updated_at":null,"loadbalancers":[{"id":")" +
            load_balancer_id +
            R"("}],"timeout_client_data":50000,"tags":[],"client_ca_tls_container_ref":null,)"
            R"("client_authentication":"NONE","client_crl_container_ref":null,"allowed_cidrs":null,)"
            R"("tls_versions":["TLSv1.2","TLSv1.3"],"tenant_id":"4df7978bb2cf4afc91391260ded6416d"}})"
    );
}

inline net::http_response load_balancer(const std::string& status, const std::string& id = load_balancer_id)
{
    return json(
        200,
        R"({"loadbalancer":{"listeners":[],"pools":[],"id":")" + id +
            R"(","name":"lab-lb","description":"","provisioning_status":")" + status +
            R"(","operating_status":"OFFLINE","admin_state_up":true,"project_id":"4df7978bb2cf4afc91391260ded6416d",)"
            R"("created_at":"2026-11-24T03:27:21","updated_at":null,"vip_address":"198.51.100.1"}})"
    );
}

}  // namespace captured
