// Octavia: the requests for listeners.
#include "cloudsim/octavia/body.hpp"
#include "cloudsim/octavia/octavia.hpp"

#include <algorithm>

namespace cloudsim {

reply octavia::one_listener(const call& c, const std::string& id)
{
    if (c.asked.method == "DELETE")
    {
        return delete_listener(c, id);
    }
    if (c.asked.method != "GET")
    {
        return fault(405, "Method Not Allowed");
    }
    const auto* shown = find_listener(id);
    if (shown == nullptr)
    {
        return not_found("Listener", id);
    }
    return may_read(c.who, shown->project_id) ? ok(200, {{"listener", to_json(*shown)}}) : forbidden();
}

duration octavia::put_time(const json& body, std::size_t present) const
{
    const auto refs = static_cast<std::int64_t>(refs_of(body).size());
    const auto held = static_cast<std::int64_t>(
        body.contains("sni_container_refs") ? std::max(present, sni_refs_of(body).size()) : present
    );
    return env_.config.put_base + env_.config.put_per_ref * refs +
           env_.config.put_per_ref_squared * (refs * refs) +
           env_.config.put_per_present_squared * (held * held);
}

handling octavia::put_listener(const call& c, const std::string& id)
{
    const auto body = parse_body(c.asked.body, body_kind::listener_change);
    if (!body)
    {
        return at_once(fault(400, body.error()));
    }
    const auto* changed = find_listener(id);
    if (changed == nullptr)
    {
        return at_once(not_found("Listener", id));
    }
    if (!may_write(c.who, changed->project_id))
    {
        return at_once(forbidden());
    }
    if (auto refused = refuse_for_protocol(changed->protocol, *body))
    {
        return at_once(*refused);
    }
    // Every PUT reads the client CA and the revocation list, also those that the listener has already.
    const auto given_or = [&](const char* name, const std::optional<std::string>& present) {
        const auto given = given_text(*body, name);
        return given ? given : present;
    };
    const auto work = put_time(*body, changed->sni_refs.size());
    const auto refused = refuse_refs(c.who, *body).or_else([&] {
        return refuse_client_authority(
            c.who,
            given_or("client_ca_tls_container_ref", changed->client_ca_ref),
            given_or("client_crl_container_ref", changed->client_crl_ref)
        );
    });
    if (refused)
    {
        return at_once(*refused, work);
    }
    return {.work = work, .effect = [this, id, body = *body] { return store(id, body); }};
}

void octavia::apply(listener& changed, const json& body)
{
    for (const auto& [name, value] : body.items())
    {
        if (name == "default_tls_container_ref")
        {
            changed.default_ref = value.is_null() ? std::nullopt : std::optional(value.get<std::string>());
        }
        else if (name == "sni_container_refs")
        {
            const auto refs = sni_refs_of(body);
            changed.sni_refs = {refs.begin(), refs.end()};
        }
        else if (name == "client_ca_tls_container_ref")
        {
            changed.client_ca_ref = given_text(body, "client_ca_tls_container_ref");
        }
        else if (name == "client_crl_container_ref")
        {
            changed.client_crl_ref = given_text(body, "client_crl_container_ref");
        }
        else if (changed.attributes.contains(name))
        {
            changed.attributes[name] = value.is_null() ? default_attributes(changed.protocol)[name] : value;
        }
    }
}

reply octavia::store(const std::string& id, const json& body)
{
    auto* changed = find_listener(id);
    auto* above = changed == nullptr ? nullptr : find_load_balancer(changed->load_balancer_id);
    if (above == nullptr)
    {
        return not_found("Listener", id);
    }
    if (above->locked())
    {
        return immutable(above->id);
    }
    if (const auto refused = refuse_unusable(body).or_else([&] { return refuse_rows(*changed, body); }))
    {
        return *refused;
    }
    set_status("put", *above, "PENDING_UPDATE");
    apply(*changed, body);
    set_status("put", *changed, "PENDING_UPDATE");
    later({.change = job::kind::update_listener, .load_balancer_id = above->id, .listener_id = id});
    return ok(200, {{"listener", to_json(*changed)}});
}

handling octavia::post_listener(const call& c)
{
    const auto body = parse_body(c.asked.body, body_kind::new_listener);
    if (!body)
    {
        return at_once(fault(400, body.error()));
    }
    // A POST takes the lock before it reads the refs, so all of it happens at the end.
    return {.work = put_time(*body, 0), .effect = [this, c, body = *body] { return create(c, body); }};
}

reply octavia::create(const call& c, const json& body)
{
    const auto protocol = body["protocol"].get<std::string>();
    const auto port = body["protocol_port"].get<int>();
    const auto load_balancer_id = body["loadbalancer_id"].get<std::string>();
    auto* above = find_load_balancer(load_balancer_id);
    if (above == nullptr)
    {
        return not_found("Load Balancer", load_balancer_id);
    }
    if (!may_write(c.who, above->project_id))
    {
        return forbidden();
    }
    if (above->locked())
    {
        return immutable(above->id);
    }
    if (auto refused = refuse_for_protocol(protocol, body))
    {
        return *refused;
    }
    if (protocol == "TERMINATED_HTTPS" && refs_of(body).empty())
    {
        return fault(
            400,
            "Validation failure: An SNI or default certificate container reference must be provided for "
            "TERMINATED_HTTPS protocol listeners."
        );
    }
    const auto refused = refuse_refs(c.who, body).or_else([&] {
        return refuse_client_authority(
            c.who,
            given_text(body, "client_ca_tls_container_ref"),
            given_text(body, "client_crl_container_ref")
        );
    });
    if (refused)
    {
        return *refused;
    }
    for (const auto* other : listeners_of(above->id))
    {
        if (other->port == port && (other->protocol == "UDP") == (protocol == "UDP"))
        {
            return fault(
                409,
                "Another Listener on this Load Balancer is already using protocol " + other->protocol +
                    " and protocol_port " + std::to_string(port)
            );
        }
    }
    listener wanted{
        .id = env_.ids.uuid(),
        .load_balancer_id = above->id,
        .project_id = above->project_id,
        .protocol = protocol,
        .port = port,
        .provisioning_status = "PENDING_CREATE",
        .attributes = default_attributes(protocol),
        .created_at = env_.now.wall
    };
    if (const auto unusable = refuse_unusable(body).or_else([&] { return refuse_rows(wanted, body); }))
    {
        return *unusable;
    }
    apply(wanted, body);
    set_status("post", *above, "PENDING_UPDATE");
    const auto id = wanted.id;
    auto& added = listeners_[id] = std::move(wanted);
    record("post", added);
    later({.change = job::kind::create_listener, .load_balancer_id = above->id, .listener_id = id});
    return ok(201, {{"listener", to_json(added)}});
}

reply octavia::delete_listener(const call& c, const std::string& id)
{
    auto* changed = find_listener(id);
    if (changed == nullptr)
    {
        return not_found("Listener", id);
    }
    if (!may_write(c.who, changed->project_id))
    {
        return forbidden();
    }
    auto* above = find_load_balancer(changed->load_balancer_id);
    if (above->locked())
    {
        return immutable(above->id);
    }
    set_status("delete", *above, "PENDING_UPDATE");
    set_status("delete", *changed, "PENDING_DELETE");
    later({.change = job::kind::delete_listener, .load_balancer_id = above->id, .listener_id = id});
    return no_content();
}

}  // namespace cloudsim
