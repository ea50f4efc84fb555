// Barbican: the routes of the requests, and the form of the answers.
#include "cloudsim/barbican/barbican.hpp"

#include <algorithm>

namespace cloudsim {

namespace {

const std::map<int, std::string> titles = {
    {400, "Bad Request"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {409, "Conflict"},
    {415, "Unsupported Media Type"},
    {501, "Not Implemented"},
};

}  // namespace

bool is_id(std::string_view text)
{
    return is_uuid(text) && to_lower(text) == text && text[14] == '4' &&
           contains(std::string_view("89ab"), text[19]);
}

handling barbican::handle(const request& asked)
{
    const auto who = tokens_.authenticate(asked, seen_);
    if (!who)
    {
        return at_once(who.error().answer, env_.config.latency + who.error().after);
    }
    return {.work = env_.config.latency, .effect = [this, asked, who = *who] { return answer(asked, who); }};
}

reply barbican::answer(const request& asked, const identity& who)
{
    const call c{.asked = asked, .url = parse_target(asked.target), .who = who};
    const auto& path = c.url.segments;
    if (path.size() < 2 || path[0] != "v1" || (path[1] != "secrets" && path[1] != "containers"))
    {
        return error(404, nullptr);
    }
    const bool secrets = path[1] == "secrets";
    if (path.size() > 2)
    {
        return secrets ? one_secret(c) : one_container(c);
    }
    if (c.asked.method == "GET")
    {
        return secrets ? list_secrets(c) : list_containers(c);
    }
    if (c.asked.method != "POST")
    {
        return not_allowed(c);
    }
    return secrets ? add_secret(c) : add_container(c);
}

header_list barbican::headers()
{
    return {
        {"openstack-api-version", "key-manager 1.0"},
        {"vary", "openstack-api-version"},
        {"x-openstack-request-id", env_.ids.request_id()}
    };
}

reply barbican::ok(int status, const json& body)
{
    return json_reply(status, body, headers());
}

reply barbican::created(const char* member, const std::string& ref)
{
    auto answer = ok(201, {{member, ref}});
    answer.headers.emplace_back("Location", ref);
    return answer;
}

reply barbican::error(int status, const json& description)
{
    return ok(status, {{"code", status}, {"title", titles.at(status)}, {"description", description}});
}

reply barbican::not_allowed(const call& c)
{
    return error(405, "The method " + c.asked.method + " is not allowed for this resource.");
}

reply barbican::forbidden(const std::string& operation)
{
    return error(403, operation + " attempt not allowed - please review your user/project privileges");
}

}  // namespace cloudsim
