#pragma once

#include "cloudsim/cloud/parts.hpp"
#include "cloudsim/support/pki.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

// The control API: what tests set, break and read. README.md has it as a table.
namespace cloudsim {

class control_api
{
public:
    explicit control_api(cloud_parts& parts) : parts_(parts) {}

    reply answer(const request& asked);

private:
    // One call: the path's variable segment (if any), the query and the body.
    struct call
    {
        std::string id;
        std::map<std::string, std::string> query;
        json body;
    };

    struct route
    {
        const char* method;
        std::vector<std::string_view> path;  // below /control
        json (control_api::*handler)(const call&);
        std::vector<std::string_view> members{};  // that a body may have
    };
    static const std::vector<route>& routes();

    json endpoints(const call& c);
    json get_settings(const call& c);
    json patch_settings(const call& c);
    json put_catalog(const call& c);
    json add_project(const call& c);
    json add_user(const call& c);
    json add_application_credential(const call& c);
    json delete_application_credential(const call& c);
    json revoke_tokens(const call& c);
    json add_load_balancer(const call& c);
    json get_load_balancer(const call& c);
    json patch_load_balancer(const call& c);
    json delete_load_balancer(const call& c);
    json add_listener(const call& c);
    json get_listener(const call& c);
    json patch_listener(const call& c);
    json delete_listener(const call& c);
    json listener_tls(const call& c);
    json add_certificate(const call& c);
    json complete_certificate(const call& c);
    json patch_certificate(const call& c);
    json delete_certificate(const call& c);
    json add_rule(const call& c);
    json get_rules(const call& c);
    json delete_rules(const call& c);
    json get_held(const call& c);
    json release(const call& c);
    json get_log(const call& c);
    json get_history(const call& c);

    // What is still to come of a certificate that was made without a payload.
    struct missing_payload
    {
        std::string region;
        std::string secret_id{};
        std::string payload{};
        std::string content_type;
    };

    project& project_of(const json& body);
    std::string creator_in(const project& where, const json& body);
    octavia& balancing_with_listener(const std::string& id);
    octavia& balancing_with_load_balancer(const std::string& id);
    barbican& secrets_with(const std::string& id);
    std::string add_secret(
        const call& c, const std::string& id, const std::string& payload, const std::string& type, bool later
    );

    cloud_parts& parts_;
    std::map<std::string, missing_payload> missing_;  // by certificate id
};

}  // namespace cloudsim
