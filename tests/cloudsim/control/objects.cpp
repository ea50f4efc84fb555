// The control API: load balancers, listeners and certificates.
#include "cloudsim/control/api.hpp"

#include <stdexcept>

namespace cloudsim {

namespace {

wall_time time_or(const json& body, const char* name, wall_time otherwise)
{
    const auto value = text_or_none(body.value(name, json()));
    const auto when = value ? parse_time(*value) : std::optional(otherwise);
    if (!when)
    {
        throw std::invalid_argument(std::string("not a time: ") + *value);
    }
    return *when;
}

}  // namespace

octavia& control_api::balancing_with_listener(const std::string& id)
{
    for (const auto& each : parts_.regions)
    {
        if (each->balancing.find_listener(id) != nullptr)
        {
            return each->balancing;
        }
    }
    throw std::invalid_argument("unknown listener: " + id);
}

octavia& control_api::balancing_with_load_balancer(const std::string& id)
{
    for (const auto& each : parts_.regions)
    {
        if (each->balancing.find_load_balancer(id) != nullptr)
        {
            return each->balancing;
        }
    }
    throw std::invalid_argument("unknown load balancer: " + id);
}

barbican& control_api::secrets_with(const std::string& id)
{
    for (const auto& each : parts_.regions)
    {
        auto& store = each->secrets.store();
        if (store.find_container(id) != nullptr || store.find_secret(id) != nullptr)
        {
            return each->secrets;
        }
    }
    throw std::invalid_argument("unknown certificate: " + id);
}

json control_api::add_load_balancer(const call& c)
{
    auto& balancing = parts_.find_region(c.body.value("region", "")).balancing;
    const auto& made = balancing.add_load_balancer(
        {.id = c.body.value("id", ""),
         .project_id = project_of(c.body).id,
         .name = c.body.value("name", "lb"),
         .provisioning_status = c.body.value("provisioning_status", "ACTIVE")}
    );
    balancing.record("control", made);
    return {{"id", made.id}, {"project_id", made.project_id}};
}

json control_api::get_load_balancer(const call& c)
{
    auto& balancing = balancing_with_load_balancer(c.id);
    return {{"loadbalancer", balancing.show(*balancing.find_load_balancer(c.id))}};
}

json control_api::patch_load_balancer(const call& c)
{
    auto& balancing = balancing_with_load_balancer(c.id);
    auto& what = *balancing.find_load_balancer(c.id);
    what.provisioning_status = c.body.at("provisioning_status").get<std::string>();
    what.updated_at = parts_.env.now.wall;
    balancing.record("control", what);
    return {{"loadbalancer", balancing.show(what)}};
}

json control_api::delete_load_balancer(const call& c)
{
    balancing_with_load_balancer(c.id).remove_load_balancer(c.id);
    return json::object();
}

json control_api::add_listener(const call& c)
{
    const auto load_balancer_id = c.body.at("load_balancer").get<std::string>();
    auto& balancing = balancing_with_load_balancer(load_balancer_id);
    const auto protocol = c.body.value("protocol", "TERMINATED_HTTPS");
    listener wanted{
        .id = c.body.value("id", ""),
        .load_balancer_id = load_balancer_id,
        .project_id = balancing.find_load_balancer(load_balancer_id)->project_id,
        .protocol = protocol,
        .port = c.body.value("port", 443),
        .provisioning_status = c.body.value("provisioning_status", "ACTIVE"),
        .default_ref = text_or_none(c.body.value("default_tls_container_ref", json())),
        .sni_refs = c.body.value("sni_container_refs", std::set<std::string>()),
        .client_ca_ref = text_or_none(c.body.value("client_ca_tls_container_ref", json())),
        .client_crl_ref = text_or_none(c.body.value("client_crl_container_ref", json())),
        .attributes = default_attributes(protocol)
    };
    wanted.attributes["name"] = c.body.value("name", "listener");
    const auto& made = balancing.add_listener(std::move(wanted));
    return {{"id", made.id}, {"project_id", made.project_id}, {"load_balancer_id", load_balancer_id}};
}

json control_api::get_listener(const call& c)
{
    const auto& what = *balancing_with_listener(c.id).find_listener(c.id);
    json served;
    if (what.served)
    {
        served = json::array();
        for (const auto& each : *what.served)
        {
            served.push_back({{"certificate", each.ref}, {"source", each.slot}, {"names", each.names}});
        }
    }
    return {{"listener", to_json(what)}, {"served", served}};
}

// Writes into the database, past the API and the worker.
json control_api::patch_listener(const call& c)
{
    auto& balancing = balancing_with_listener(c.id);
    auto& what = *balancing.find_listener(c.id);
    what.provisioning_status = c.body.value("provisioning_status", what.provisioning_status);
    what.sni_refs = c.body.value("sni_container_refs", what.sni_refs);
    if (c.body.contains("default_tls_container_ref"))
    {
        what.default_ref = text_or_none(c.body.value("default_tls_container_ref", json()));
    }
    what.updated_at = parts_.env.now.wall;
    balancing.record("control", what);
    return get_listener(c);
}

json control_api::delete_listener(const call& c)
{
    balancing_with_listener(c.id).remove_listener(c.id);
    return json::object();
}

json control_api::listener_tls(const call& c)
{
    const auto& what = *balancing_with_listener(c.id).find_listener(c.id);
    const auto name = c.query.find("server_name");
    const auto* found = served_for(what, name == c.query.end() ? "" : name->second);
    if (found == nullptr)
    {
        return {{"certificate", nullptr}, {"source", "none"}};
    }
    return {{"certificate", found->ref}, {"source", found->slot}};
}

std::string control_api::add_secret(
    const call& c, const std::string& id, const std::string& payload, const std::string& type, bool later
)
{
    auto& where = parts_.find_region(c.body.value("region", ""));
    const auto state = c.body.value("state", "active");
    secret wanted;
    wanted.id = id;
    wanted.project_id = project_of(c.body).id;
    wanted.creator_id = creator_in(project_of(c.body), c.body);
    wanted.name = c.body.value("name", "certificate");
    wanted.status = c.body.value("status", "ACTIVE");
    if (!later)
    {
        wanted.payload = payload;
        wanted.content_type = type;
    }
    if (state == "expired")
    {
        wanted.expiration = parts_.env.now.wall - std::chrono::seconds(1);
    }
    wanted.access.present = c.body.value("private", false);
    wanted.access.project_access = !wanted.access.present;
    const auto& made = where.secrets.store().add(std::move(wanted));
    return made.id;
}

json control_api::add_certificate(const call& c)
{
    auto& where = parts_.find_region(c.body.value("region", ""));
    const auto now = parts_.env.now.wall;
    const auto state = c.body.value("state", "active");
    const auto kind = c.body.value("kind", "container");
    const certificate_order order{
        .names = c.body.value("names", std::vector<std::string>{"www.example.com"}),
        .not_before = time_or(c.body, "not_before", now - std::chrono::hours(1)),
        .not_after = time_or(c.body, "not_after", now + std::chrono::days(90))
    };
    if (state != "active" && state != "no_payload" && state != "no_key" && state != "expired")
    {
        throw std::invalid_argument("unknown state: " + state);
    }
    const bool later = state == "no_payload";
    const std::string binary = "application/octet-stream";
    const auto text_type = c.body.value("content_type", "text/plain");
    const auto given_id = c.body.value("id", "");
    const auto secret_ref = [&](const std::string& id) {
        return parts_.find_region(where.name).secrets.url() + "/v1/secrets/" + id;
    };
    json result = {{"region", where.name}, {"not_after", rfc3339_time(order.not_after)}};
    if (kind == "ca")
    {
        const auto files =
            make_authority(order.names.empty() ? "" : order.names.front(), order.not_before, order.not_after);
        const auto id = add_secret(c, given_id, files.certificate, text_type, later);
        const auto list = add_secret(c, "", files.revocation_list, text_type, false);
        result.update(
            {{"id", id}, {"ref", secret_ref(id)}, {"crl_ref", secret_ref(list)}, {"pem", files.certificate}}
        );
        return result;
    }
    const auto files = make_certificate(order);
    result["pem"] = files.certificate;
    if (kind == "pkcs12" || kind == "pem")
    {
        const auto pass_phrase = c.body.value("pass_phrase", "");
        const auto payload = kind == "pem"         ? files.certificate
                             : pass_phrase.empty() ? files.pkcs12
                                                   : make_pkcs12_with_pass_phrase(files, pass_phrase);
        const auto type = kind == "pem" ? c.body.value("content_type", binary) : binary;
        const auto id = add_secret(c, given_id, payload, type, later);
        if (later)
        {
            missing_[id] = {.region = where.name, .secret_id = id, .payload = payload, .content_type = type};
        }
        result.update({{"id", id}, {"ref", secret_ref(id)}});
        return result;
    }
    if (kind != "container")
    {
        throw std::invalid_argument("unknown kind: " + kind);
    }
    container wanted;
    json secrets = json::object();
    missing_payload missing{.region = where.name, .payload = files.private_key, .content_type = text_type};
    const auto add_part = [&](const std::string& name, const std::string& payload) {
        const bool without = later && name == "private_key";
        const auto id = add_secret(c, "", payload, text_type, without);
        missing.secret_id = without ? id : missing.secret_id;
        secrets[name] = id;
        wanted.parts.push_back({.name = name, .secret_id = id});
    };
    add_part("certificate", files.certificate);
    if (state != "no_key")
    {
        add_part("private_key", files.private_key);
    }
    if (c.body.value("intermediates", true))
    {
        add_part("intermediates", files.intermediates);
    }
    wanted.id = given_id;
    wanted.project_id = project_of(c.body).id;
    wanted.creator_id = creator_in(project_of(c.body), c.body);
    wanted.name = c.body.value("name", "certificate");
    wanted.status = c.body.value("status", "ACTIVE");
    wanted.type = "certificate";
    wanted.access.present = c.body.value("private", false);
    wanted.access.project_access = !wanted.access.present;
    const auto& made = where.secrets.store().add(std::move(wanted));
    if (later)
    {
        missing_[made.id] = missing;
    }
    result.update({{"id", made.id}, {"ref", where.secrets.ref_of(made)}, {"secrets", secrets}});
    return result;
}

json control_api::complete_certificate(const call& c)
{
    const auto found = missing_.find(c.id);
    if (found == missing_.end())
    {
        throw std::invalid_argument("nothing is missing of certificate " + c.id);
    }
    const auto missing = found->second;
    missing_.erase(found);
    auto* what = parts_.find_region(missing.region).secrets.store().find_secret(missing.secret_id);
    if (what == nullptr)
    {
        throw std::invalid_argument("the secret without a payload is gone: " + missing.secret_id);
    }
    what->payload = missing.payload;
    what->content_type = missing.content_type;
    what->updated = parts_.env.now.wall;
    return json::object();
}

json control_api::patch_certificate(const call& c)
{
    auto& store = secrets_with(c.id).store();
    auto* what = store.find_container(c.id);
    const auto change = [&](stored& each) {
        each.status = c.body.value("status", each.status);
        if (c.body.contains("private"))
        {
            store.set_access(each, !c.body["private"].get<bool>(), each.access.users);
        }
    };
    const auto change_secret = [&](secret& each) {
        change(each);
        if (c.body.contains("expires_at"))
        {
            each.expiration = time_or(c.body, "expires_at", {});
        }
    };
    if (what == nullptr)
    {
        change_secret(*store.find_secret(c.id));
        return json::object();
    }
    change(*what);
    for (const auto& each : what->parts)
    {
        if (auto* found = store.find_secret(each.secret_id))
        {
            change_secret(*found);
        }
    }
    return json::object();
}

// The container or the secret; with ?part=private_key only that secret of the container.
json control_api::delete_certificate(const call& c)
{
    auto& store = secrets_with(c.id).store();
    const auto* what = store.find_container(c.id);
    if (what == nullptr)
    {
        store.remove_secret(c.id);
        return json::object();
    }
    const auto name = c.query.find("part");
    if (name == c.query.end())
    {
        store.remove_container(c.id);
        return json::object();
    }
    const auto found =
        std::ranges::find_if(what->parts, [&](const part& each) { return each.name == name->second; });
    if (found == what->parts.end())
    {
        throw std::invalid_argument("the container has no part " + name->second);
    }
    store.remove_secret(std::string(found->secret_id));
    return json::object();
}

}  // namespace cloudsim
