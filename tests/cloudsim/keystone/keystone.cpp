// Keystone: the users and projects, the catalog, and the check of tokens in front of the other services.
#include "cloudsim/keystone/keystone.hpp"

#include <algorithm>

namespace cloudsim {

namespace {

// The type and the name of each service.
constexpr std::pair<std::string_view, std::string_view> services[] = {
    {"identity", "keystone"}, {"load-balancer", "octavia"}, {"key-manager", "barbican"}
};

template <class T>
T* find_in(std::map<std::string, T>& all, const std::string& id_or_name)
{
    const auto match = std::ranges::find_if(all, [&](const auto& entry) {
        return entry.first == id_or_name || entry.second.name == id_or_name;
    });
    return match == all.end() ? nullptr : &match->second;
}

}  // namespace

keystone::keystone(environment& env, const std::vector<endpoint>& endpoints) : env_(env)
{
    for (const auto& [type, name] : services)
    {
        json entries = json::array();
        for (const auto& [kind, region, url] : endpoints)
        {
            for (const auto* interface : {"public", "internal", "admin"})
            {
                if (kind == type)
                {
                    entries.push_back(
                        {{"id", env_.ids.hex(32)},
                         {"interface", interface},
                         {"region_id", region},
                         {"url", url},
                         {"region", region}}
                    );
                }
            }
        }
        catalog_.push_back({{"endpoints", entries}, {"id", env_.ids.hex(32)}, {"type", type}, {"name", name}}
        );
    }
    url_ = std::ranges::find(endpoints, "identity", &endpoint::type)->url;
}

project& keystone::add_project(const std::string& name)
{
    const auto id = env_.ids.hex(32);
    return projects_[id] = {.id = id, .name = name};
}

user& keystone::add_user(const std::string& name, const std::string& password)
{
    const auto id = env_.ids.hex(32);
    return users_[id] = {.id = id, .name = name, .password = password};
}

void keystone::grant(
    const std::string& user_id, const std::string& project_id, const std::set<std::string>& roles
)
{
    for (const auto& role : roles)
    {
        if (!role_ids_.contains(role))
        {
            role_ids_[role] = env_.ids.hex(32);
        }
    }
    users_.at(user_id).roles[project_id] = roles;
}

const application_credential& keystone::add_application_credential(
    const std::string& name, const user& owner, const project& scope
)
{
    const auto id = env_.ids.hex(32);
    const auto roles = owner.roles.find(scope.id);
    return credentials_[id] = {
               .id = id,
               .name = name,
               .secret = env_.ids.url_text(86),
               .user_id = owner.id,
               .project_id = scope.id,
               .roles = roles == owner.roles.end() ? std::set<std::string>() : roles->second
           };
}

bool keystone::remove_application_credential(const std::string& id)
{
    return credentials_.erase(id) != 0;
}

project* keystone::find_project(const std::string& id_or_name)
{
    return find_in(projects_, id_or_name);
}

user* keystone::find_user(const std::string& id_or_name)
{
    return find_in(users_, id_or_name);
}

const user* keystone::find_member(const std::string& project_id) const
{
    const auto member = std::ranges::find_if(users_, [&](const auto& entry) {
        return entry.second.roles.contains(project_id);
    });
    return member == users_.end() ? nullptr : &member->second;
}

void keystone::revoke(const std::string& user_id)
{
    for (auto& [id, issued] : tokens_)
    {
        if (user_id.empty() || issued.who.user_id == user_id)
        {
            issued.revoked = true;
            issued.forgotten = true;
        }
    }
}

std::expected<identity, refusal> keystone::authenticate(const request& asked, token_cache& cache) const
{
    const auto id = std::string(find_header(asked.headers, "X-Auth-Token").value_or(""));
    const auto issued = tokens_.find(id);
    const bool cached = cache.contains(id) && env_.now.monotonic - cache[id] < env_.config.token_cache;
    if (!id.empty() && !cached && env_.config.down.contains("identity"))
    {
        const json body = {
            {"message",
             "The server is currently unavailable. Please try again at a later time.<br /><br />\nThe "
             "Keystone "
             "service is temporarily unavailable.\n\n"},
            {"code", "503 Service Unavailable"},
            {"title", "Service Unavailable"}
        };
        return std::unexpected(
            refusal{.answer = json_reply(503, body, {}), .after = std::chrono::milliseconds(3500)}
        );
    }
    const bool good = issued != tokens_.end() && !issued->second.forgotten &&
                      env_.now.wall < issued->second.expires_at && (!issued->second.revoked || cached);
    if (!good)
    {
        cache.erase(id);
        const json body = {
            {"error",
             {{"code", 401},
              {"title", "Unauthorized"},
              {"message", "The request you have made requires authentication."}}}
        };
        return std::unexpected(
            refusal{.answer = json_reply(401, body, {{"WWW-Authenticate", "Keystone uri=\"" + url_ + "\""}})}
        );
    }
    if (!cached)
    {
        cache[id] = env_.now.monotonic;
    }
    return issued->second.who;
}

handling keystone::handle(const request& asked)
{
    return {.work = env_.config.latency, .effect = [this, asked] { return answer(asked); }};
}

header_list keystone::headers()
{
    return {{"Vary", "X-Auth-Token"}, {"x-openstack-request-id", env_.ids.request_id()}};
}

reply keystone::answer(const request& asked)
{
    const auto url = parse_target(asked.target);
    if (url.is({"v3"}) && asked.method == "GET")
    {
        return json_reply(200, {{"version", version_document()}}, headers());
    }
    if (url.is({"v3", "auth", "tokens"}) && asked.method == "POST")
    {
        return issue(asked);
    }
    if (url.is({"v3", "auth", "tokens"}) && asked.method == "DELETE")
    {
        return end_token(asked);
    }
    return make_reply(
        404,
        "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested "
        "URL was not found on the server. If you entered the URL manually please check your spelling and try "
        "again.</p>\n",
        "text/html; charset=utf-8",
        headers()
    );
}

json keystone::version_document() const
{
    return {
        {"id", "v3.14"},
        {"status", "stable"},
        {"updated", "2020-04-07T00:00:00Z"},
        {"links", json::array({{{"rel", "self"}, {"href", url_ + "/"}}})},
        {"media-types",
         json::array({{{"base", "application/json"}, {"type", "application/vnd.openstack.identity-v3+json"}}})
        }
    };
}

// The answer of an error. `more`: further members of the error.
reply keystone::error(int status, const std::string& message, json more)
{
    static const std::map<int, std::string> titles = {
        {400, "Bad Request"}, {401, "Unauthorized"}, {404, "Not Found"}
    };
    more.update({{"code", status}, {"message", message}, {"title", titles.at(status)}});
    auto sent = headers();
    if (status == 401)
    {
        sent.emplace_back("WWW-Authenticate", "Keystone uri=\"" + url_ + "\"");
    }
    return json_reply(status, {{"error", more}}, std::move(sent));
}

}  // namespace cloudsim
