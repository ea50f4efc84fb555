#include "cloud/openstack/octavia_answers.hpp"

#include "cloud/json.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace cloud::openstack {
namespace {

// https://docs.openstack.org/api-ref/load-balancer/v2/#provisioning-status-codes
std::optional<provisioning_status> read_status(const nlohmann::json& object)
{
    const auto word = text_member(object, "provisioning_status");
    if (word == "ACTIVE")
    {
        return provisioning_status::active;
    }
    if (word == "PENDING_CREATE" || word == "PENDING_UPDATE" || word == "PENDING_DELETE")
    {
        return provisioning_status::pending;
    }
    if (word == "ERROR")
    {
        return provisioning_status::error;
    }
    if (word == "DELETED")
    {
        return provisioning_status::deleted;
    }
    return std::nullopt;
}

// Reads a ref or null into `ref`. Returns false for any other value.
bool read_ref(const nlohmann::json& object, std::string_view key, std::optional<container_ref>& ref)
{
    const auto text = text_member(object, key);
    if (text && !text->empty())
    {
        ref.emplace(*text);
    }
    return text || member(object, key).is_null();
}

bool read_sni_refs(const nlohmann::json& refs, std::vector<container_ref>& set)
{
    if (!refs.is_array() || !std::ranges::all_of(refs, [](const auto& ref) { return ref.is_string(); }))
    {
        return false;
    }
    for (const auto& ref : refs)
    {
        set.emplace_back(ref.template get_ref<const std::string&>());
    }
    std::ranges::sort(set, {}, &container_ref::str);
    const auto doubles = std::ranges::unique(set, {}, &container_ref::str);
    set.erase(doubles.begin(), doubles.end());
    return true;
}

// The ids of a list of objects, sorted; empty if it is no such list.
std::optional<std::vector<support::uuid>> read_ids(const nlohmann::json& objects)
{
    if (!objects.is_array())
    {
        return std::nullopt;
    }
    std::vector<support::uuid> ids;
    for (const auto& object : objects)
    {
        const auto id = read_id(object);
        if (!id)
        {
            return std::nullopt;
        }
        ids.push_back(*id);
    }
    std::ranges::sort(ids);
    return ids;
}

}  // namespace

std::optional<support::uuid> read_id(const nlohmann::json& object)
{
    const auto text = text_member(object, "id");
    return text ? support::uuid::parse(*text) : std::nullopt;
}

std::expected<listener, std::string> read_listener(const nlohmann::json& object)
{
    const auto id = read_id(object);
    if (!id)
    {
        return std::unexpected("the id of the listener is missing or malformed");
    }
    listener read;
    read.id = *id;
    const auto status = read_status(object);
    if (!status)
    {
        return std::unexpected("the provisioning_status is missing or unknown");
    }
    read.status = *status;
    const auto& load_balancers = member(object, "loadbalancers");
    const auto load_balancer_id = load_balancers.is_array() && load_balancers.size() == 1
                                      ? read_id(load_balancers.front())
                                      : std::nullopt;
    const auto protocol = text_member(object, "protocol");
    const auto project_id = text_member(object, "project_id");
    if (!load_balancer_id || !protocol || !project_id)
    {
        return std::unexpected("the load balancer, protocol or project of the listener is missing");
    }
    read.load_balancer_id = *load_balancer_id;
    read.protocol = *protocol;
    read.project_id = *project_id;
    if (!object.contains("default_tls_container_ref") ||
        !read_ref(object, "default_tls_container_ref", read.default_ref) ||
        !read_sni_refs(member(object, "sni_container_refs"), read.sni_refs) ||
        !read_ref(object, "client_ca_tls_container_ref", read.client_ca_ref) ||
        !read_ref(object, "client_crl_container_ref", read.client_crl_ref))
    {
        return std::unexpected("the TLS container references of the listener are missing or malformed");
    }
    return read;
}

std::expected<listener, std::string> read_listener(std::string_view body, support::uuid id)
{
    const auto answered = parse_json(body);
    const auto& object = member(answered, "listener");
    if (read_id(object) != id)
    {
        return std::unexpected("the answer is not about this listener");
    }
    return read_listener(object);
}

std::expected<listed_load_balancer, std::string> read_load_balancer(const nlohmann::json& object)
{
    const auto id = read_id(object);
    const auto status = read_status(object);
    if (!id || !status)
    {
        return std::unexpected("the id or the provisioning_status is missing, malformed or unknown");
    }
    return listed_load_balancer{*id, *status};
}

std::expected<load_balancer, std::string> read_load_balancer(std::string_view body, support::uuid id)
{
    const auto answered = parse_json(body);
    const auto& object = member(answered, "loadbalancer");
    if (read_id(object) != id)
    {
        return std::unexpected("the answer is not about this load balancer");
    }
    const auto status = read_status(object);
    if (!status)
    {
        return std::unexpected("the provisioning_status is missing or unknown");
    }
    // Octavia lists every listener of the load balancer, whatever its status, in one page.
    auto listeners = read_ids(member(object, "listeners"));
    if (!listeners)
    {
        return std::unexpected("the listeners of the load balancer are missing or malformed");
    }
    return load_balancer{.id = id, .status = *status, .listeners = *std::move(listeners)};
}

std::string write_change(const listener_change& change)
{
    nlohmann::json listener = nlohmann::json::object();
    if (change.default_ref)
    {
        listener["default_tls_container_ref"] =
            *change.default_ref ? nlohmann::json((*change.default_ref)->str()) : nlohmann::json(nullptr);
    }
    if (change.sni_refs)
    {
        auto& refs = listener["sni_container_refs"] = nlohmann::json::array();
        for (const container_ref& ref : *change.sni_refs)
        {
            refs.push_back(ref.str());
        }
    }
    return nlohmann::json{{"listener", std::move(listener)}
    }.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace cloud::openstack
