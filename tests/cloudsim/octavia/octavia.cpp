// Octavia: the routes and rights of the requests, and the form of the answers.
#include "cloudsim/octavia/octavia.hpp"

#include <algorithm>

namespace cloudsim {

namespace {

bool is_api(const std::vector<std::string>& path)
{
    return (path.size() == 3 || path.size() == 4) && (path[0] == "v2" || path[0] == "v2.0") &&
           path[1] == "lbaas" && (path[2] == "listeners" || path[2] == "loadbalancers");
}

}  // namespace

handling octavia::handle(const request& asked)
{
    const auto url = parse_target(asked.target);
    const auto who = tokens_.authenticate(asked, seen_);
    if (!who)
    {
        return at_once(who.error().answer, env_.config.latency + who.error().after);
    }
    const call c{.asked = asked, .url = url, .who = *who};
    handling result{.effect = [this, c] { return answer(c); }};
    const auto& path = url.segments;
    const bool listeners = is_api(path) && path[2] == "listeners";
    if (listeners && path.size() == 3 && asked.method == "POST")
    {
        result = post_listener(c);
    }
    else if (listeners && path.size() == 4 && asked.method == "PUT")
    {
        result = put_listener(c, path[3]);
    }
    result.work += env_.config.latency;
    return result;
}

reply octavia::answer(const call& c)
{
    const auto& path = c.url.segments;
    if (!is_api(path))
    {
        return nowhere(c.url);
    }
    const bool balancers = path[2] == "loadbalancers";
    if (path.size() == 4)
    {
        return balancers ? one_load_balancer(c, path[3]) : one_listener(c, path[3]);
    }
    if (c.asked.method == "GET")
    {
        return balancers ? list_load_balancers(c) : list_listeners(c);
    }
    return balancers && c.asked.method == "POST" ? post_load_balancer(c) : fault(405, "Method Not Allowed");
}

reply octavia::ok(int status, const json& body)
{
    return json_reply(status, body, headers());
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

// The answer for a path that the API does not have. The framework gives it, in JSON of its own.
reply octavia::nowhere(const target& url)
{
    const bool version = !url.segments.empty() && (url.segments[0] == "v2" || url.segments[0] == "v2.0");
    return ok(
        404, {{"code", 404}, {"title", "Not Found"}, {"description", version ? json("") : json(nullptr)}}
    );
}

reply octavia::forbidden()
{
    return fault(403, "Policy does not allow this request to be performed.");
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
    const auto entry = listeners_.find(to_lower(id));
    return entry == listeners_.end() ? nullptr : &entry->second;
}

void octavia::record(const std::string& cause, const listener& changed)
{
    env_.record(
        cause,
        {{"kind", "listener"},
         {"id", changed.id},
         {"load_balancer_id", changed.load_balancer_id},
         {"provisioning_status", changed.provisioning_status},
         {"default_tls_container_ref", text_or_null(changed.default_ref)},
         {"sni_container_refs", changed.sni_refs},
         {"served", changed.served.has_value()}}
    );
}

void octavia::record(const std::string& cause, const load_balancer& changed)
{
    env_.record(
        cause,
        {{"kind", "load_balancer"}, {"id", changed.id}, {"provisioning_status", changed.provisioning_status}}
    );
}

}  // namespace cloudsim
