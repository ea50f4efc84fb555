// The control API: users and projects, faults, log and history, load balancers and listeners.
#include "cloudsim/control/control.hpp"

#include "cloudsim/barbican/release.hpp"
#include "cloudsim/cloud/parts.hpp"

namespace cloudsim {

namespace {

template <class T>
T& known(T* object, const std::string& kind, const std::string& id)
{
    if (object == nullptr)
    {
        throw control_error("unknown " + kind + ": " + id);
    }
    return *object;
}

}  // namespace

cloud_parts& control::parts() const
{
    return cloud_.parts(now_());
}

octavia& control::balancing_with(const std::string& id) const
{
    for (const auto& region : parts().regions)
    {
        auto& balancing = region->balancing;
        if (balancing.find_listener(id) != nullptr || balancing.find_load_balancer(id) != nullptr)
        {
            return balancing;
        }
    }
    throw control_error("unknown listener or load balancer: " + id);
}

const listener& control::listener_of(const std::string& id) const
{
    return known(balancing_with(id).find_listener(id), "listener", id);
}

std::string control::add_project(const std::string& name) const
{
    return parts().tokens.add_project(name).id;
}

std::string control::add_user(const user_order& wanted) const
{
    auto& tokens = parts().tokens;
    const auto& project = known(tokens.find_project(wanted.project), "project", wanted.project);
    const auto id = tokens.add_user(wanted.name, wanted.password).id;
    tokens.grant(id, project.id, wanted.roles);
    return id;
}

std::string control::add_user(
    const std::string& name, const std::string& project, const std::set<std::string>& roles
) const
{
    return add_user({.name = name, .project = project, .roles = roles});
}

control::credential control::add_application_credential(const credential_order& wanted) const
{
    auto& tokens = parts().tokens;
    const auto& added = tokens.add_application_credential(
        wanted.name,
        known(tokens.find_user(wanted.user), "user", wanted.user),
        known(tokens.find_project(wanted.project), "project", wanted.project)
    );
    return {.id = added.id, .secret = added.secret, .project_id = added.project_id};
}

control::credential control::add_application_credential(const std::string& user, const std::string& project)
    const
{
    return add_application_credential({.user = user, .project = project});
}

void control::remove_application_credential(const std::string& id) const
{
    if (!parts().tokens.remove_application_credential(id))
    {
        throw control_error("unknown application credential: " + id);
    }
}

void control::revoke_tokens(const std::string& user) const
{
    auto& tokens = parts().tokens;
    tokens.revoke(user.empty() ? "" : known(tokens.find_user(user), "user", user).id);
}

std::string control::add_load_balancer(const load_balancer_order& wanted) const
{
    auto& all = parts();
    auto& balancing = all.find_region(wanted.region).balancing;
    const auto& project = known(all.tokens.find_project(wanted.project), "project", wanted.project);
    const auto& added = balancing.add_load_balancer({.project_id = project.id, .name = "lb"});
    balancing.record("control", added);
    return added.id;
}

std::string control::add_listener(const listener_order& wanted) const
{
    auto& balancing = balancing_with(wanted.load_balancer);
    const auto& above =
        known(balancing.find_load_balancer(wanted.load_balancer), "load balancer", wanted.load_balancer);
    listener added{
        .id = wanted.id,
        .load_balancer_id = above.id,
        .project_id = above.project_id,
        .protocol = wanted.protocol,
        .port = wanted.port,
        .default_ref = wanted.default_ref,
        .sni_refs = wanted.sni_refs,
        .client_ca_ref = wanted.client_ca_ref,
        .client_crl_ref = wanted.client_crl_ref,
        .attributes = default_attributes(wanted.protocol)
    };
    added.attributes["name"] = "listener";
    return balancing.add_listener(std::move(added)).id;
}

void control::remove_listener(const std::string& id) const
{
    balancing_with(id).remove_listener(id);
}

void control::remove_load_balancer(const std::string& id) const
{
    balancing_with(id).remove_load_balancer(id);
}

void control::set_listener_status(const std::string& id, const std::string& status) const
{
    auto& balancing = balancing_with(id);
    balancing.set_status("control", known(balancing.find_listener(id), "listener", id), status);
}

void control::set_load_balancer_status(const std::string& id, const std::string& status) const
{
    auto& balancing = balancing_with(id);
    balancing.set_status("control", known(balancing.find_load_balancer(id), "load balancer", id), status);
}

void control::set_listener_refs(
    const std::string& id,
    const std::optional<std::string>& default_ref,
    const std::set<std::string>& sni_refs
) const
{
    auto& balancing = balancing_with(id);
    auto& changed = known(balancing.find_listener(id), "listener", id);
    changed.default_ref = default_ref;
    changed.sni_refs = sni_refs;
    balancing.set_status("control", changed, changed.provisioning_status);
}

control::listener_state control::get_listener(const std::string& id) const
{
    const auto& shown = listener_of(id);
    return {
        .status = shown.provisioning_status, .default_ref = shown.default_ref, .sni_refs = shown.sni_refs
    };
}

std::string control::load_balancer_status(const std::string& id) const
{
    return known(balancing_with(id).find_load_balancer(id), "load balancer", id).provisioning_status;
}

json control::show_listener(const std::string& id) const
{
    const auto& shown = listener_of(id);
    json served;
    for (const auto& [ref, slot, names] : shown.served.value_or(std::vector<served_certificate>()))
    {
        served.push_back({{"certificate", ref}, {"source", slot}, {"names", names}});
    }
    return {
        {"listener", to_json(shown)}, {"served", shown.served && served.is_null() ? json::array() : served}
    };
}

json control::show_load_balancer(const std::string& id) const
{
    auto& balancing = balancing_with(id);
    return {{"loadbalancer", balancing.show(known(balancing.find_load_balancer(id), "load balancer", id))}};
}

control::tls_answer control::tls(const std::string& listener, const std::string& server_name) const
{
    const auto* served = served_for(listener_of(listener), server_name);
    return served == nullptr ? tls_answer{.certificate = std::nullopt, .source = "none"}
                             : tls_answer{.certificate = served->ref, .source = served->slot};
}

void control::add_rule(const rule& wanted) const
{
    parts().traffic.rules().add(wanted);
}

void control::remove_rules() const
{
    parts().traffic.rules().clear();
}

std::vector<logged_request> control::held() const
{
    return parts().traffic.held();
}

std::size_t control::release(bool discard) const
{
    return parts().traffic.release(discard);
}

void control::set(const json& settings) const
{
    auto& all = parts();
    auto changed = all.env.config;
    changed.patch(settings);
    words_of(changed.barbican_release);  // throws for an unknown release
    bycloud::must_be_known(changed);
    all.env.config = std::move(changed);
    if (!all.env.config.worker_held)
    {
        for (const auto& region : all.regions)
        {
            region->balancing.resume_worker();
        }
    }
    if (!all.env.config.bycloud_bindings_held)
    {
        all.certificates.data().resume();
    }
}

std::vector<logged_request> control::log(const match& which, std::uint64_t after) const
{
    std::vector<logged_request> result;
    const std::regex path(which.path);
    for (const auto& request : parts().traffic.log())
    {
        const request_kind kind{
            .service = request.service,
            .region = request.region,
            .method = request.method,
            .path = request.path
        };
        if (request.sequence > after && matches(which, path, kind))
        {
            result.push_back(request);
        }
    }
    return result;
}

std::vector<state_change> control::history(const std::string& id, std::uint64_t after) const
{
    std::vector<state_change> result;
    for (const auto& change : parts().env.history)
    {
        if (change.sequence > after && (id.empty() || change.object["id"] == id))
        {
            result.push_back(change);
        }
    }
    return result;
}

std::size_t control::puts(std::uint64_t after) const
{
    return log({.service = "load-balancer", .method = "PUT", .path = "/listeners/"}, after).size();
}

std::uint64_t control::last_sequence() const
{
    return parts().env.sequence;
}

json control::endpoints() const
{
    const auto& options = parts().options;
    json regions = json::object();
    for (const auto& region : options.regions)
    {
        regions[region.name] = {
            {"key_manager", region.key_manager_url}, {"load_balancer", region.load_balancer_url}
        };
    }
    return {
        {"identity", options.identity_url + "/v3"},
        {"regions", regions},
        {"bycloud", options.bycloud_url},
        {"control", options.control_url + "/control"}
    };
}

}  // namespace cloudsim
