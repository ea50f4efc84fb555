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
    wanted.vip_subnet_id = wanted.vip_subnet_id.empty() ? env_.ids.uuid() : wanted.vip_subnet_id;
    wanted.vip_port_id = env_.ids.uuid();
    wanted.vip_network_id = env_.ids.uuid();
    wanted.vip_address = "198.51.100." + std::to_string(load_balancers_.size() % 254 + 1);
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

reply octavia::one_load_balancer(const call& c, const std::string& id)
{
    auto* what = find_load_balancer(id);
    if (what == nullptr)
    {
        return not_found("Load Balancer", id);
    }
    if (c.asked.method == "GET")
    {
        return may_read(c.who, what->project_id) ? ok(200, {{"loadbalancer", show(*what)}}) : forbidden();
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
    const auto project_id = given_text(*body, "project_id").value_or(c.who.project_id);
    if (!may_write(c.who, project_id))
    {
        return forbidden();
    }
    if (member_text(*body, "vip_subnet_id").empty())
    {
        return fault(
            400, "Validation failure: VIP must contain one of: vip_port_id, vip_network_id, vip_subnet_id."
        );
    }
    auto& made = add_load_balancer(
        {.project_id = project_id,
         .name = member_text(*body, "name"),
         .provisioning_status = "PENDING_CREATE",
         .vip_subnet_id = member_text(*body, "vip_subnet_id")}
    );
    record("post", made);
    later({.what = job::kind::create_load_balancer, .load_balancer_id = made.id});
    return ok(201, {{"loadbalancer", show(made)}});
}

reply octavia::delete_load_balancer(const call& c, load_balancer& what)
{
    if (!may_write(c.who, what.project_id))
    {
        return forbidden();
    }
    if (!listeners_of(what.id).empty())
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
    set_status("delete", what, "PENDING_DELETE");
    later({.what = job::kind::delete_load_balancer, .load_balancer_id = what.id});
    return no_content();
}

}  // namespace cloudsim
