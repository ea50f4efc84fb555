// ByCloud: the requests for bindings.
#include "cloudsim/bycloud/service.hpp"

#include <algorithm>
#include <set>

namespace cloudsim::bycloud {

namespace {

// What is wrong with the body of a new binding; empty: nothing.
std::string fault_of(const json& body)
{
    if (member_text(body, "resource_type").empty())
    {
        return "resource_type is required and must be a string.";
    }
    if (body["resource_type"] != listener_type)
    {
        return "resource_type must be one of: " + std::string(listener_type) + ".";
    }
    if (!is_uuid(member_text(body, "resource_id")))
    {
        return "resource_id is required and must be a UUID.";
    }
    const auto options = body.value("options", json::object());
    if (!options.is_object())
    {
        return "options must be an object.";
    }
    for (const auto& option : options.items())
    {
        if (option.key() != "sni" || !option.value().is_boolean())
        {
            return "options may have the boolean sni alone.";
        }
    }
    return "";
}

}  // namespace

reply service::create_binding(const call& c)
{
    const auto body = body_of(c, {"resource_type", "resource_id", "options"});
    if (!body)
    {
        return body.error();
    }
    if (const auto fault = fault_of(*body); !fault.empty())
    {
        return problem(400, "Bad Request", fault);
    }
    const auto* bound = certificate_of(c);
    if (bound == nullptr)
    {
        return no_certificate(c);
    }
    const auto resource_id = to_lower(member_text(*body, "resource_id"));
    if (listener_of(c, resource_id) == nullptr)
    {
        return problem(404, "Resource not found", "There is no listener " + resource_id + ".");
    }
    const bool sni = body->value("options", json::object()).value("sni", false);
    const auto present = data_.bindings_of(bound->id);
    const bool exists = std::ranges::any_of(present, [&](const binding* other) {
        return other->resource_id == resource_id && (!env_.config.bycloud_sni_in_key || other->sni == sni);
    });
    if (exists)
    {
        return problem(409, "Binding already exists");
    }
    if (bound->status != "active")
    {
        return problem(
            409, "Certificate is not active", "The status of the certificate is " + bound->status + "."
        );
    }
    binding wanted{.certificate_id = bound->id, .region = c.region, .resource_id = resource_id, .sni = sni};
    return ok(201, {{"binding", to_json(data_.deploy(std::move(wanted)))}});
}

reply service::delete_binding(const call& c)
{
    const auto* of = certificate_of(c);
    if (of == nullptr)
    {
        return no_certificate(c);
    }
    const auto* removed = data_.find_binding(c.url.segments[4]);
    if (removed == nullptr || removed->certificate_id != of->id)
    {
        return problem(404, "Binding not found", "There is no binding " + c.url.segments[4] + ".");
    }
    data_.remove_binding(removed->id, "delete");
    return {.status = 204};
}

reply service::list_of_listener(const call& c)
{
    const auto wanted = page_of(c, {});
    if (!wanted)
    {
        return wanted.error();
    }
    const auto* on = listener_of(c, c.url.segments[4]);
    if (on == nullptr || on->load_balancer_id != to_lower(c.url.segments[2]))
    {
        return problem(404, "Listener not found", "There is no listener " + c.url.segments[4] + ".");
    }
    std::set<std::string> bound_ids;
    for (const auto* bound : data_.bindings_on(on->id))
    {
        if (bound->status != "error")
        {
            bound_ids.insert(bound->certificate_id);
        }
    }
    std::vector<const certificate*> listed;
    for (const auto& each : data_.certificates())
    {
        if (bound_ids.contains(each.id))
        {
            listed.push_back(&each);
        }
    }
    return page_reply(*wanted, listed);
}

}  // namespace cloudsim::bycloud
