// Octavia: the requests for load balancers.
#include "cloudsim/octavia/body.hpp"
#include "cloudsim/octavia/octavia.hpp"

namespace cloudsim {

load_balancer* octavia::find_load_balancer(const std::string& id)
{
    const auto entry = load_balancers_.find(to_lower(id));
    return entry == load_balancers_.end() ? nullptr : &entry->second;
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
    std::erase_if(listeners_, [&](const auto& candidate) { return candidate.second.load_balancer_id == id; });
    load_balancers_.erase(id);
}

std::vector<listener*> octavia::listeners_of(const std::string& load_balancer_id)
{
    std::vector<listener*> result;
    for (auto& [id, candidate] : listeners_)
    {
        if (candidate.load_balancer_id == load_balancer_id)
        {
            result.push_back(&candidate);
        }
    }
    return result;
}

json octavia::show(const load_balancer& balancer) const
{
    std::vector<std::string> ids;
    for (const auto& [id, candidate] : listeners_)
    {
        if (candidate.load_balancer_id == balancer.id)
        {
            ids.push_back(id);
        }
    }
    return to_json(balancer, ids);
}

reply octavia::one_load_balancer(const call& c, const std::string& id)
{
    auto* balancer = find_load_balancer(id);
    if (balancer == nullptr)
    {
        return not_found("Load Balancer", id);
    }
    if (c.asked.method == "GET")
    {
        return may_read(c.who, balancer->project_id) ? ok(200, {{"loadbalancer", show(*balancer)}})
                                                     : forbidden();
    }
    return c.asked.method == "DELETE" ? delete_load_balancer(c, *balancer) : fault(405, "Method Not Allowed");
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
    auto& added = add_load_balancer(
        {.project_id = project_id,
         .name = member_text(*body, "name"),
         .provisioning_status = "PENDING_CREATE",
         .vip_subnet_id = member_text(*body, "vip_subnet_id")}
    );
    record("post", added);
    later({.change = job::kind::create_load_balancer, .load_balancer_id = added.id});
    return ok(201, {{"loadbalancer", show(added)}});
}

reply octavia::delete_load_balancer(const call& c, load_balancer& balancer)
{
    if (!may_write(c.who, balancer.project_id))
    {
        return forbidden();
    }
    if (!listeners_of(balancer.id).empty())
    {
        return fault(
            400, "Validation failure: Cannot delete Load Balancer " + balancer.id + " - it has children"
        );
    }
    if (balancer.locked())
    {
        return fault(
            409, "Invalid state " + balancer.provisioning_status + " of loadbalancer resource " + balancer.id
        );
    }
    set_status("delete", balancer, "PENDING_DELETE");
    later({.change = job::kind::delete_load_balancer, .load_balancer_id = balancer.id});
    return no_content();
}

}  // namespace cloudsim
