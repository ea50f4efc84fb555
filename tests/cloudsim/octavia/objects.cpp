#include "cloudsim/octavia/objects.hpp"

#include <algorithm>

namespace cloudsim {

namespace {

// CIPHERS_OWASP_SUITE_B of Octavia 11.0.0.
constexpr const char* default_ciphers =
    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:DHE-RSA-AES256-GCM-SHA384:"
    "DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-SHA256:"
    "DHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256";

json time_or_null(const std::optional<wall_time>& when)
{
    return when ? json(iso_time(*when)) : json(nullptr);
}

json only_ids(const std::vector<std::string>& ids)
{
    json result = json::array();
    for (const auto& id : ids)
    {
        result.push_back({{"id", id}});
    }
    return result;
}

}  // namespace

json to_json(const load_balancer& row, const std::vector<std::string>& listener_ids)
{
    return {
        {"listeners", only_ids(listener_ids)},
        {"pools", json::array()},
        {"id", row.id},
        {"name", row.name},
        {"description", ""},
        {"provisioning_status", row.provisioning_status},
        {"operating_status", "OFFLINE"},
        {"admin_state_up", true},
        {"project_id", row.project_id},
        {"created_at", iso_time(row.created_at)},
        {"updated_at", time_or_null(row.updated_at)},
        {"vip_address", row.vip_address},
        {"vip_port_id", row.vip_port_id},
        {"vip_subnet_id", row.vip_subnet_id},
        {"vip_network_id", row.vip_network_id},
        {"additional_vips", json::array()},
        {"provider", "amphora"},
        {"flavor_id", nullptr},
        {"vip_qos_policy_id", nullptr},
        {"tags", json::array()},
        {"availability_zone", nullptr},
        {"tenant_id", row.project_id}
    };
}

json to_json(const listener& row)
{
    json shown = row.attributes;
    shown.update({
        {"id", row.id},
        {"provisioning_status", row.provisioning_status},
        {"operating_status", row.operating_status},
        {"protocol", row.protocol},
        {"protocol_port", row.port},
        {"default_tls_container_ref", text_or_null(row.default_ref)},
        {"sni_container_refs", row.sni_refs},
        {"project_id", row.project_id},
        {"tenant_id", row.project_id},
        {"default_pool_id", nullptr},
        {"l7policies", json::array()},
        {"created_at", iso_time(row.created_at)},
        {"updated_at", time_or_null(row.updated_at)},
        {"loadbalancers", only_ids({row.load_balancer_id})},
        {"client_ca_tls_container_ref", text_or_null(row.client_ca_ref)},
        {"client_crl_container_ref", text_or_null(row.client_crl_ref)},
    });
    return shown;
}

json default_attributes(const std::string& protocol)
{
    const bool tls = protocol == "TERMINATED_HTTPS";
    return {
        {"name", ""},
        {"description", ""},
        {"admin_state_up", true},
        {"connection_limit", -1},
        {"insert_headers", json::object()},
        {"timeout_client_data", 50000},
        {"timeout_member_connect", 5000},
        {"timeout_member_data", 50000},
        {"timeout_tcp_inspect", 0},
        {"tags", json::array()},
        {"client_authentication", "NONE"},
        {"allowed_cidrs", nullptr},
        {"tls_ciphers", tls ? json(default_ciphers) : json(nullptr)},
        {"tls_versions", tls ? json::array({"TLSv1.2", "TLSv1.3"}) : json(nullptr)},
        {"alpn_protocols", tls ? json::array({"h2", "http/1.1", "http/1.0"}) : json(nullptr)}
    };
}

const served_certificate* served_for(const listener& by, const std::string& server_name)
{
    if (!by.served || by.served->empty())
    {
        return nullptr;
    }
    const auto name = to_lower(server_name);
    const auto dot = name.find('.');
    const auto wildcard = dot == std::string::npos ? std::string() : "*" + name.substr(dot);
    for (const auto& wanted : {name, wildcard})
    {
        const auto match = std::ranges::find_if(*by.served, [&](const served_certificate& certificate) {
            return !wanted.empty() && contains(certificate.names, wanted);
        });
        if (match != by.served->end())
        {
            return &*match;
        }
    }
    return &by.served->front();
}

}  // namespace cloudsim
