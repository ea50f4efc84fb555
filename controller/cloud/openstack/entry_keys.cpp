#include "cloud/openstack/entry_keys.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace cloud::openstack {
namespace {

constexpr std::array<std::string_view, 20> honoured{
    "auth",
    "auth_type",
    "auth_plugin",
    "cacert",
    "cert",
    "cloud",
    "default_domain",
    "insecure",
    "interface",
    "key",
    "key_manager_api_version",
    "key_manager_endpoint",
    "key_manager_endpoint_override",
    "key_manager_interface",
    "load_balancer_api_version",
    "load_balancer_endpoint",
    "load_balancer_endpoint_override",
    "load_balancer_interface",
    "profile",
    "verify",
};

struct refused_key
{
    std::string_view key;
    std::string_view way_out;
};

constexpr std::array<refused_key, 7> refused{{
    {"vendor_hook", "names Python code, which is not run; remove it"},
    {"load_balancer_region_name", "is not supported; name Octavia's URL with load_balancer_endpoint_override"
    },
    {"load_balancer_service_name", "is not supported; name Octavia's URL with load_balancer_endpoint_override"
    },
    {"load_balancer_service_type", "is not supported; name Octavia's URL with load_balancer_endpoint_override"
    },
    {"key_manager_region_name", "is not supported; name Barbican's URL with key_manager_endpoint_override"},
    {"key_manager_service_name", "is not supported; name Barbican's URL with key_manager_endpoint_override"},
    {"key_manager_service_type", "is not supported; name Barbican's URL with key_manager_endpoint_override"},
}};

constexpr std::array<std::string_view, 40> auth{
    "access_token",
    "access_token_endpoint",
    "access_token_type",
    "application_credential_id",
    "application_credential_name",
    "application_credential_secret",
    "auth_methods",
    "auth_token",
    "auth_url",
    "client_id",
    "client_secret",
    "code",
    "default_domain_id",
    "default_domain_name",
    "device_authorization_endpoint",
    "discovery_endpoint",
    "domain_id",
    "domain_name",
    "endpoint",
    "identity_provider",
    "idp_otp_key",
    "openid_scope",
    "passcode",
    "password",
    "project_domain_id",
    "project_domain_name",
    "project_id",
    "project_name",
    "protocol",
    "redirect_uri",
    "system_scope",
    "tenant_id",
    "tenant_name",
    "token",
    "trust_id",
    "user_domain_id",
    "user_domain_name",
    "user_id",
    "user_name",
    "username",
};

// About the Python client, the networks of servers, or nothing.
constexpr std::array<std::string_view, 28> without_effect{
    "api_timeout",
    "app_name",
    "app_version",
    "cache",
    "client",
    "concurrency",
    "connect_retries",
    "connect_retry_delay",
    "default_network",
    "disable_vendor_agent",
    "external_network",
    "floating_ip_source",
    "force_ipv4",
    "internal_network",
    "message",
    "metrics",
    "networks",
    "prefer_ipv6",
    "rate_limit",
    "region_name",
    "regions",
    "requires_floating_ip",
    "secgroup_source",
    "status",
    "status_code_retries",
    "timeout",
    "timing",
    "verbose_level",
};

// The types of the other services (https://service-types.openstack.org/), with their older names.
constexpr std::array<std::string_view, 66> other_services{
    "accelerator",
    "admin_logic",
    "alarm",
    "alarming",
    "application_catalog",
    "application_container",
    "application_deployment",
    "backup",
    "bare_metal",
    "baremetal",
    "block_storage",
    "block_store",
    "cluster",
    "clustering",
    "compute",
    "container",
    "container_infra",
    "container_infrastructure",
    "container_infrastructure_management",
    "data_processing",
    "data_protection_orchestration",
    "database",
    "dns",
    "ec2_api",
    "event",
    "events",
    "function_engine",
    "ha",
    "identity",
    "image",
    "infra_optim",
    "instance_ha",
    "log_management",
    "message",
    "messaging",
    "meter",
    "metering",
    "monitoring",
    "multi_region_network_automation",
    "network",
    "nfv_orchestration",
    "object_store",
    "operator_policy",
    "orchestration",
    "placement",
    "policy",
    "rating",
    "rca",
    "registration",
    "reservation",
    "resource_cluster",
    "resource_optimization",
    "root_cause_analysis",
    "search",
    "share",
    "shared_file_system",
    "sharev2",
    "telemetry",
    "tricircle",
    "volume",
    "volumev2",
    "volumev3",
    "workflow",
    "workflowv2",
    "baremetal_introspection",
    "has",
};

bool belongs_to(std::string_view key, std::string_view service)
{
    return key.size() > service.size() && key.starts_with(service) && key[service.size()] == '_';
}

// Keys of Octavia and Barbican that tune the Python client.
bool tunes_client(std::string_view key)
{
    return (belongs_to(key, "load_balancer") || belongs_to(key, "key_manager")) &&
           (key.ends_with("_microversion") || key.ends_with("_retries") || key.ends_with("_retry_delay") ||
            key.ends_with("_rate_limit") || key.ends_with("_concurrency"));
}

template <std::size_t size>
bool holds(const std::array<std::string_view, size>& keys, std::string_view key)
{
    return std::ranges::find(keys, key) != keys.end();
}

}  // namespace

key_meaning meaning_of(std::string_view key)
{
    if (holds(honoured, key) || is_auth_key(key))
    {
        return {.use = key_use::honoured};
    }
    if (const auto it = std::ranges::find(refused, key, &refused_key::key); it != refused.end())
    {
        return {.use = key_use::refused, .way_out = it->way_out};
    }
    const bool others =
        std::ranges::any_of(other_services, [&](auto service) { return belongs_to(key, service); });
    if (holds(without_effect, key) || key.ends_with("_timeout") || tunes_client(key) || others)
    {
        return {.use = key_use::no_effect};
    }
    return {};
}

std::span<const std::string_view> auth_keys()
{
    return auth;
}

bool is_auth_key(std::string_view key)
{
    return holds(auth, key);
}

std::span<const std::string_view> keys_of_variables()
{
    static const std::vector<std::string_view> keys = [] {
        std::vector<std::string_view> all(auth.begin(), auth.end());
        std::ranges::copy_if(honoured, std::back_inserter(all), [](auto key) {
            return key != "auth" && key != "cloud";
        });
        std::ranges::transform(refused, std::back_inserter(all), &refused_key::key);
        all.insert(
            all.end(),
            {"endpoint_type", "region_name", "load_balancer_endpoint_type", "key_manager_endpoint_type"}
        );
        return all;
    }();
    return keys;
}

}  // namespace cloud::openstack
