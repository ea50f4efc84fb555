#include "cloudsim/octavia/body.hpp"

#include <algorithm>
#include <vector>

namespace cloudsim {

namespace {

enum class type
{
    text,  // at most 255 characters
    list_of_texts,
    truth,
    number,
    list,
    mapping,
    protocol,
};

enum class use
{
    optional,
    mandatory,
};

struct attribute
{
    std::string_view name;
    type kind;
    use needed = use::optional;
};

constexpr attribute listener_change_attributes[] = {
    {"name", type::text},
    {"description", type::text},
    {"admin_state_up", type::truth},
    {"connection_limit", type::number},
    {"default_tls_container_ref", type::text},
    {"sni_container_refs", type::list_of_texts},
    {"default_pool_id", type::text},
    {"insert_headers", type::mapping},
    {"timeout_client_data", type::number},
    {"timeout_member_connect", type::number},
    {"timeout_member_data", type::number},
    {"timeout_tcp_inspect", type::number},
    {"tags", type::list},
    {"client_ca_tls_container_ref", type::text},
    {"client_authentication", type::text},
    {"client_crl_container_ref", type::text},
    {"allowed_cidrs", type::list},
    {"tls_ciphers", type::text},
    {"tls_versions", type::list},
    {"alpn_protocols", type::list},
};

constexpr attribute new_listener_attributes[] = {
    {"protocol", type::protocol, use::mandatory},
    {"protocol_port", type::number, use::mandatory},
    {"loadbalancer_id", type::text, use::mandatory},
    {"project_id", type::text},
    {"tenant_id", type::text},
    {"default_pool", type::mapping},
    {"l7policies", type::list},
};

constexpr attribute load_balancer_attributes[] = {
    {"name", type::text},
    {"description", type::text},
    {"admin_state_up", type::truth},
    {"vip_address", type::text},
    {"vip_port_id", type::text},
    {"vip_subnet_id", type::text},
    {"vip_network_id", type::text},
    {"vip_qos_policy_id", type::text},
    {"additional_vips", type::list},
    {"project_id", type::text},
    {"tenant_id", type::text},
    {"listeners", type::list},
    {"pools", type::list},
    {"provider", type::text},
    {"tags", type::list},
    {"flavor_id", type::text},
    {"availability_zone", type::text},
};

constexpr std::string_view protocols[] = {
    "HTTP", "HTTPS", "TCP", "TERMINATED_HTTPS", "UDP", "SCTP", "PROMETHEUS"
};

std::vector<attribute> attributes_of(body_kind kind)
{
    std::vector<attribute> result;
    if (kind == body_kind::new_load_balancer)
    {
        result.assign(std::begin(load_balancer_attributes), std::end(load_balancer_attributes));
        return result;
    }
    result.assign(std::begin(listener_change_attributes), std::end(listener_change_attributes));
    if (kind == body_kind::new_listener)
    {
        result.insert(result.end(), std::begin(new_listener_attributes), std::end(new_listener_attributes));
    }
    return result;
}

std::string as_python(const json& value)
{
    return value.is_string() ? value.get<std::string>() : python_repr(value);
}

std::string invalid(std::string_view name, const json& value, const std::string& reason)
{
    return "Invalid input for field/attribute " + std::string(name) + ". Value: '" + as_python(value) +
           "'. " + reason;
}

std::size_t characters(const std::string& text)
{
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
    }));
}

// Empty if fine, else why not.
std::string text_problem(const json& value)
{
    if (!value.is_string())
    {
        return "Value should be string";
    }
    return characters(value.get<std::string>()) > 255
               ? "Value should have a maximum character requirement of 255"
               : "";
}

std::string problem(const json& value, type kind)
{
    switch (kind)
    {
        case type::text:
            return text_problem(value);
        case type::list_of_texts:
            for (const auto& each : value)
            {
                if (auto why = text_problem(each); !why.empty())
                {
                    return why;
                }
            }
            return "";
        case type::truth:
            return value.is_boolean() ? "" : "Value should be boolean";
        case type::number:
            return value.is_number_integer() ? "" : "Value should be integer";
        case type::list:
            return value.is_array() ? "" : "Value should be list";
        case type::mapping:
            return value.is_object() ? "" : "Value should be mapping";
        case type::protocol:
            return contains(protocols, value.is_string() ? value.get<std::string>() : "")
                       ? ""
                       : "Value should be one of: HTTP, HTTPS, PROMETHEUS, SCTP, TCP, TERMINATED_HTTPS, UDP";
    }
    return "";
}

std::string unknown(const std::string& argument, const std::vector<std::string>& names)
{
    std::string result =
        names.size() > 1 ? "Unknown attributes for argument " : "Unknown attribute for argument ";
    result += argument + ":";
    for (const auto& name : names)
    {
        result += (name == names.front() ? " " : ", ") + name;
    }
    return result;
}

}  // namespace

std::expected<json, std::string> parse_body(const std::string& text, body_kind kind)
{
    const std::string root = kind == body_kind::new_load_balancer ? "loadbalancer" : "listener";
    const std::string argument = kind == body_kind::new_load_balancer ? "load_balancer" : "listener_";
    if (text.empty())
    {
        return std::unexpected("Missing argument: \"" + argument + "\"");
    }
    const auto body = json::parse(text, nullptr, false);
    if (body.is_discarded() || !body.is_object())
    {
        return std::unexpected("Request is not in valid JSON format");
    }
    std::vector<std::string> strangers;
    for (const auto& item : body.items())
    {
        if (item.key() != root)
        {
            strangers.push_back(item.key());
        }
    }
    if (!strangers.empty())
    {
        return std::unexpected(unknown(argument, strangers));
    }
    const json object = body.value(root, json());
    if (object.is_null() && kind == body_kind::listener_change)
    {
        return std::unexpected("Validation failure: No listener object supplied.");
    }
    if (!object.is_object())
    {
        return std::unexpected(invalid(root, object, "Mandatory field missing."));
    }
    const auto attributes = attributes_of(kind);
    for (const auto& item : object.items())
    {
        const auto known = std::ranges::find(attributes, item.key(), &attribute::name);
        if (known == attributes.end())
        {
            strangers.push_back(item.key());
        }
        else if (known->kind == type::list_of_texts && !item.value().is_null() && !item.value().is_array())
        {
            return std::unexpected(
                invalid(argument, body, "Value not a valid list: " + as_python(item.value()))
            );
        }
        else if (const auto why = item.value().is_null() ? "" : problem(item.value(), known->kind);
                 !why.empty())
        {
            return std::unexpected(invalid(item.key(), item.value(), why));
        }
    }
    if (!strangers.empty())
    {
        return std::unexpected(unknown(argument + "." + root, strangers));
    }
    for (const auto& each : attributes)
    {
        if (each.needed == use::mandatory && object.value(std::string(each.name), json()).is_null())
        {
            return std::unexpected(invalid(each.name, nullptr, "Mandatory field missing."));
        }
    }
    return object;
}

std::optional<std::string> given_text(const json& body, const std::string& name)
{
    auto text = member_text(body, name);
    return text.empty() ? std::nullopt : std::optional(std::move(text));
}

std::vector<std::string> sni_refs_of(const json& body)
{
    const auto found = body.find("sni_container_refs");
    return found == body.end() || found->is_null() ? std::vector<std::string>()
                                                   : found->get<std::vector<std::string>>();
}

std::vector<std::string> refs_of(const json& body)
{
    auto refs = sni_refs_of(body);
    if (auto ref = given_text(body, "default_tls_container_ref"))
    {
        refs.push_back(*std::move(ref));
    }
    return refs;
}

}  // namespace cloudsim
