#include "cloudsim/octavia/body.hpp"

#include <algorithm>

namespace cloudsim {

namespace {

constexpr std::size_t longest_text = 255;

// The attributes that the simulator knows. It refuses Octavia's other attributes as unknown ones.
const std::vector<std::string_view> load_balancer_attributes = {"name", "project_id", "vip_subnet_id"};
const std::vector<std::string_view> listener_attributes = {
    "name",
    "description",
    "default_tls_container_ref",
    "sni_container_refs",
    "client_ca_tls_container_ref",
    "client_authentication",
    "client_crl_container_ref"
};
constexpr std::string_view new_listener_attributes[] = {"protocol", "protocol_port", "loadbalancer_id"};
constexpr std::string_view protocols[] = {
    "HTTP", "HTTPS", "TCP", "TERMINATED_HTTPS", "UDP", "SCTP", "PROMETHEUS"
};

std::string shown(const json& value)
{
    if (value.is_array() && std::ranges::all_of(value, &json::is_string))
    {
        return python_repr(value.get<std::vector<std::string>>());
    }
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string invalid(const std::string& name, const std::string& value, const std::string& reason)
{
    return "Invalid input for field/attribute " + name + ". Value: '" + value + "'. " + reason;
}

// The fault of a text; empty if there is none.
std::string text_problem(const json& value)
{
    if (!value.is_string())
    {
        return "Value should be string";
    }
    return value.get_ref<const std::string&>().size() > longest_text
               ? "Value should have a maximum character requirement of 255"
               : "";
}

std::string problem(const std::string& name, const json& value)
{
    if (value.is_null())
    {
        return "";
    }
    if (name == "protocol_port")
    {
        return value.is_number_integer() ? "" : "Value should be integer";
    }
    if (name == "protocol" && !contains(protocols, shown(value)))
    {
        return "Value should be one of: HTTP, HTTPS, PROMETHEUS, SCTP, TCP, TERMINATED_HTTPS, UDP";
    }
    if (name != "sni_container_refs")
    {
        return text_problem(value);
    }
    const auto bad = std::ranges::find_if(value, [](const json& ref) { return !text_problem(ref).empty(); });
    return bad == value.end() ? "" : text_problem(*bad);
}

// The fault that names the unknown members; empty if all are known.
std::string strangers(
    const std::string& argument, const json& object, const std::vector<std::string_view>& known
)
{
    std::string names;
    for (const auto& item : object.items())
    {
        if (!contains(known, item.key()))
        {
            names += (names.empty() ? "" : ", ") + item.key();
        }
    }
    const char* noun = names.contains(',') ? "attributes" : "attribute";
    return names.empty() ? "" : std::string("Unknown ") + noun + " for argument " + argument + ": " + names;
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
    if (!body.is_object())
    {
        return std::unexpected("Request is not in valid JSON format");
    }
    if (auto unknown = strangers(argument, body, {root}); !unknown.empty())
    {
        return std::unexpected(unknown);
    }
    const json object = body.value(root, json());
    if (object.is_null() && kind == body_kind::listener_change)
    {
        return std::unexpected("Validation failure: No listener object supplied.");
    }
    if (!object.is_object())
    {
        return std::unexpected(invalid(root, shown(object), "Mandatory field missing."));
    }
    auto known = kind == body_kind::new_load_balancer ? load_balancer_attributes : listener_attributes;
    if (kind == body_kind::new_listener)
    {
        std::ranges::copy(new_listener_attributes, std::back_inserter(known));
    }
    for (const auto& [name, value] : object.items())
    {
        if (name == "sni_container_refs" && !value.is_null() && !value.is_array())
        {
            const auto sent = "{'" + root + "': {'" + name + "': '" + shown(value) + "'}}";
            return std::unexpected(invalid(argument, sent, "Value not a valid list: " + shown(value)));
        }
        if (const auto why = problem(name, value); contains(known, name) && !why.empty())
        {
            return std::unexpected(invalid(name, shown(value), why));
        }
    }
    if (auto unknown = strangers(argument + "." + root, object, known); !unknown.empty())
    {
        return std::unexpected(unknown);
    }
    for (const auto attribute : new_listener_attributes)
    {
        const std::string name(attribute);
        if (kind == body_kind::new_listener && object.value(name, json()).is_null())
        {
            return std::unexpected(invalid(name, "None", "Mandatory field missing."));
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
    const auto refs = body.value("sni_container_refs", json());
    return refs.is_null() ? std::vector<std::string>() : refs.get<std::vector<std::string>>();
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
