// Octavia: what is asked and by whom, how it answers, and its lists.
#include "cloudsim/octavia/octavia.hpp"

#include <algorithm>

namespace cloudsim {

octavia::octavia(
    environment& env, keystone& tokens, barbican& secrets, std::string url, const identity& service_user
)
    : env_(env), tokens_(tokens), url_(std::move(url)), certificates_(env, secrets, service_user)
{}

handling octavia::handle(const request& asked)
{
    const auto where = parse_target(asked.target);
    if (where.segments.empty())
    {
        return at_once(versions(), env_.config.latency);
    }
    const auto who = tokens_.authenticate(asked, seen_);
    if (!who)
    {
        return at_once(who.error().answer, env_.config.latency + who.error().after);
    }
    const call c{.asked = asked, .where = where, .who = *who};
    handling result{.effect = [this, c] { return answer(c); }};
    const auto& path = where.segments;
    const bool api = path.size() >= 3 && (path[0] == "v2" || path[0] == "v2.0") && path[1] == "lbaas";
    if (api && path[2] == "listeners" && path.size() == 3 && asked.method == "POST")
    {
        result = post_listener(c);
    }
    else if (api && path[2] == "listeners" && path.size() == 4 && asked.method == "PUT")
    {
        result = put_listener(c, path[3]);
    }
    result.work += env_.config.latency;
    return result;
}

reply octavia::answer(const call& c)
{
    const auto& path = c.where.segments;
    if (path.size() < 3 || path.size() > 4 || (path[0] != "v2" && path[0] != "v2.0") || path[1] != "lbaas")
    {
        return nowhere(c.where);
    }
    if (path[2] == "loadbalancers")
    {
        return path.size() == 3 ? load_balancers(c) : one_load_balancer(c, path[3]);
    }
    if (path[2] == "listeners")
    {
        return path.size() == 3 ? listeners(c) : one_listener(c, path[3]);
    }
    return nowhere(c.where);
}

reply octavia::ok(int status, const json& body)
{
    return json_reply(
        status, body, {.type_first = false, .after = {{"x-openstack-request-id", env_.ids.request_id()}}}
    );
}

reply octavia::no_content()
{
    return make_reply(
        204, "", "", {.type_first = false, .after = {{"x-openstack-request-id", env_.ids.request_id()}}}
    );
}

reply octavia::fault(int status, const std::string& text)
{
    return ok(
        status,
        {{"faultcode", status < 500 ? "Client" : "Server"}, {"faultstring", text}, {"debuginfo", nullptr}}
    );
}

reply octavia::immutable(const std::string& load_balancer_id)
{
    return fault(409, "Load Balancer " + load_balancer_id + " is immutable and cannot be updated.");
}

reply octavia::not_found(const std::string& kind, const std::string& id)
{
    return fault(404, kind + " " + id + " not found.");
}

// A path that the API does not have: its framework answers, in JSON of its own.
reply octavia::nowhere(const target& where)
{
    const bool version =
        !where.segments.empty() && (where.segments[0] == "v2" || where.segments[0] == "v2.0");
    return ok(
        404, {{"code", 404}, {"title", "Not Found"}, {"description", version ? json("") : json(nullptr)}}
    );
}

reply octavia::versions()
{
    json all = json::array();
    for (int minor = 0; minor <= 26; ++minor)
    {
        all.push_back(
            {{"id", "v2." + std::to_string(minor)},
             {"status", minor == 26 ? "CURRENT" : "SUPPORTED"},
             {"updated", "2022-08-29T00:00:00Z"},
             {"links", json::array({{{"href", url_ + "/v2"}, {"rel", "self"}}})}}
        );
    }
    return ok(200, {{"versions", all}});
}

bool octavia::may_read(const identity& who, const std::string& project_id) const
{
    const bool owner = who.project_id == project_id;
    return (owner && (who.has("load-balancer_observer") || who.has("load-balancer_member"))) ||
           who.has("load-balancer_global_observer") || who.has("load-balancer_admin") || who.has("admin");
}

bool octavia::may_write(const identity& who, const std::string& project_id) const
{
    return (who.project_id == project_id && who.has("load-balancer_member")) ||
           who.has("load-balancer_admin") || who.has("admin");
}

listener* octavia::find_listener(const std::string& id)
{
    const auto found = listeners_.find(to_lower(id));
    return found == listeners_.end() ? nullptr : &found->second;
}

void octavia::record(const std::string& cause, const listener& what)
{
    env_.record(
        cause,
        {{"kind", "listener"},
         {"id", what.id},
         {"load_balancer_id", what.load_balancer_id},
         {"provisioning_status", what.provisioning_status},
         {"default_tls_container_ref", what.default_ref ? json(*what.default_ref) : json(nullptr)},
         {"sni_container_refs", what.sni_refs},
         {"served", what.served.has_value()}}
    );
}

void octavia::record(const std::string& cause, const load_balancer& what)
{
    env_.record(
        cause, {{"kind", "load_balancer"}, {"id", what.id}, {"provisioning_status", what.provisioning_status}}
    );
}

// The part of `all` that the sender may see and asks for, page by page.
reply octavia::list(const call& c, const std::string& name, const std::vector<json>& all)
{
    const bool global =
        c.who.has("admin") || c.who.has("load-balancer_admin") || c.who.has("load-balancer_global_observer");
    const auto wanted_project = c.where.query.find("project_id");
    const auto project_id = wanted_project == c.where.query.end() ? c.who.project_id : wanted_project->second;
    if (!global && !may_read(c.who, project_id))
    {
        return fault(403, "Policy does not allow this request to be performed.");
    }
    std::vector<json> found;
    for (const auto& each : all)
    {
        bool matches = (global && wanted_project == c.where.query.end()) || each["project_id"] == project_id;
        for (const auto& [key, value] : c.where.query)
        {
            if (each.contains(key) && !each[key].is_structured())
            {
                const auto text = each[key].is_string() ? each[key].get<std::string>() : each[key].dump();
                matches = matches && text == value;
            }
            if (key == "loadbalancer_id" || key == "load_balancer_id")
            {
                matches =
                    matches && each.contains("loadbalancers") && each["loadbalancers"][0]["id"] == value;
            }
        }
        if (matches)
        {
            found.push_back(each);
        }
    }
    const auto marker = c.where.query.find("marker");
    auto first = found.begin();
    if (marker != c.where.query.end())
    {
        first = std::ranges::find_if(found, [&](const json& each) { return each["id"] == marker->second; });
        first = first == found.end() ? first : first + 1;
    }
    found.erase(found.begin(), first);
    json links = json::array();
    const auto limit = c.where.query.find("limit");
    if (limit != c.where.query.end())
    {
        if (limit->second.empty() || limit->second.size() > 9 ||
            limit->second.find_first_not_of("0123456789") != std::string::npos)
        {
            return fault(400, "Supplied pagination limit '" + limit->second + "' is not valid.");
        }
        const auto count = std::stoul(limit->second);
        if (count != 0 && found.size() >= count)
        {
            found.resize(count);
            links.push_back(
                {{"rel", "next"},
                 {"href",
                  url_ + "/v2/lbaas/" + name + "?limit=" + limit->second +
                      "&marker=" + found.back()["id"].get<std::string>()}}
            );
        }
    }
    return ok(200, {{name, found}, {name + "_links", links}});
}

}  // namespace cloudsim
