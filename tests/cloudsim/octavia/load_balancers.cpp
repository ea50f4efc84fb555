// Octavia: what happens to load balancers.
#include "cloudsim/octavia/body.hpp"
#include "cloudsim/octavia/octavia.hpp"

namespace cloudsim {

load_balancer* octavia::find_load_balancer(const std::string& id)
{
    const auto found = load_balancers_.find(to_lower(id));
    return found == load_balancers_.end() ? nullptr : &found->second;
}

load_balancer& octavia::add_load_balancer(load_balancer wanted)
{
    wanted.id = wanted.id.empty() ? env_.ids.uuid() : wanted.id;
    wanted.created_at = env_.now.wall;
    const auto fill = [&](json& field) { field = field.is_null() ? json(env_.ids.uuid()) : field; };
    fill(wanted.vip_port_id);
    fill(wanted.vip_subnet_id);
    fill(wanted.vip_network_id);
    if (wanted.vip_address.is_null())
    {
        wanted.vip_address = "198.51.100." + std::to_string(load_balancers_.size() % 254 + 1);
    }
    const auto id = wanted.id;
    auto& added = load_balancers_[id] = std::move(wanted);
    return added;
}

void octavia::remove_load_balancer(const std::string& id)
{
    std::erase_if(listeners_, [&](const auto& each) { return each.second.load_balancer_id == id; });
    load_balancers_.erase(id);
}

std::vector<listener*> octavia::listeners_of(const std::string& load_balancer_id)
{
    std::vector<listener*> result;
    for (auto& [id, each] : listeners_)
    {
        if (each.load_balancer_id == load_balancer_id)
        {
            result.push_back(&each);
        }
    }
    return result;
}

json octavia::show(const load_balancer& what) const
{
    std::vector<std::string> ids;
    for (const auto& [id, each] : listeners_)
    {
        if (each.load_balancer_id == what.id)
        {
            ids.push_back(id);
        }
    }
    return to_json(what, ids);
}

reply octavia::load_balancers(const call& c)
{
    if (c.asked.method == "POST")
    {
        return post_load_balancer(c);
    }
    if (c.asked.method != "GET")
    {
        return fault(405, "Method Not Allowed");
    }
    std::vector<json> all;
    for (const auto& [id, each] : load_balancers_)
    {
        all.push_back(show(each));
    }
    return list(c, "loadbalancers", all);
}

reply octavia::one_load_balancer(const call& c, const std::string& id)
{
    auto* what = find_load_balancer(id);
    if (what == nullptr)
    {
        return not_found("Load Balancer", id);
    }
    if (c.asked.method == "GET")
    {
        return may_read(c.who, what->project_id)
                   ? ok(200, {{"loadbalancer", show(*what)}})
                   : fault(403, "Policy does not allow this request to be performed.");
    }
    return c.asked.method == "DELETE" ? delete_load_balancer(c, *what) : fault(405, "Method Not Allowed");
}

reply octavia::post_load_balancer(const call& c)
{
    const auto body = parse_body(c.asked.body, body_kind::new_load_balancer);
    if (!body)
    {
        return fault(400, body.error());
    }
    const auto text = [&](const char* name) {
        const auto value = body->value(name, json());
        return value.is_string() ? value.get<std::string>() : "";
    };
    auto project_id = text("project_id").empty() ? text("tenant_id") : text("project_id");
    project_id = project_id.empty() ? c.who.project_id : project_id;
    if (!may_write(c.who, project_id))
    {
        return fault(403, "Policy does not allow this request to be performed.");
    }
    if (text("vip_port_id").empty() && text("vip_subnet_id").empty() && text("vip_network_id").empty())
    {
        return fault(
            400, "Validation failure: VIP must contain one of: vip_port_id, vip_network_id, vip_subnet_id."
        );
    }
    load_balancer wanted{
        .project_id = project_id,
        .name = text("name"),
        .description = text("description"),
        .provisioning_status = "PENDING_CREATE"
    };
    wanted.vip_address = body->value("vip_address", json());
    wanted.vip_port_id = body->value("vip_port_id", json());
    wanted.vip_subnet_id = body->value("vip_subnet_id", json());
    wanted.vip_network_id = body->value("vip_network_id", json());
    wanted.admin_state_up = body->value("admin_state_up", json(true));
    wanted.tags = body->value("tags", json::array());
    wanted.provider = text("provider").empty() ? "amphora" : text("provider");
    auto& made = add_load_balancer(std::move(wanted));
    record("post", made);
    later({.what = job::kind::create_load_balancer, .load_balancer_id = made.id});
    return ok(201, {{"loadbalancer", show(made)}});
}

reply octavia::delete_load_balancer(const call& c, load_balancer& what)
{
    if (!may_write(c.who, what.project_id))
    {
        return fault(403, "Policy does not allow this request to be performed.");
    }
    const auto cascade = c.where.query.find("cascade");
    const bool whole = cascade != c.where.query.end() && to_lower(cascade->second) == "true";
    if (!listeners_of(what.id).empty() && !whole)
    {
        return fault(
            400, "Validation failure: Cannot delete Load Balancer " + what.id + " - it has children"
        );
    }
    if (what.locked())
    {
        return fault(
            409, "Invalid state " + what.provisioning_status + " of loadbalancer resource " + what.id
        );
    }
    what.provisioning_status = "PENDING_DELETE";
    what.updated_at = env_.now.wall;
    record("delete", what);
    later({.what = job::kind::delete_load_balancer, .load_balancer_id = what.id});
    return no_content();
}

}  // namespace cloudsim
