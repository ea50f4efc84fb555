// Keystone: who there is, the catalog, and what it does in front of the other services.
#include "cloudsim/keystone/keystone.hpp"

#include <algorithm>

namespace cloudsim {

namespace {

constexpr std::string_view interfaces[] = {"public", "internal", "admin"};

struct service_name
{
    std::string_view type;
    std::string_view name;
};

constexpr service_name services[] = {
    {"identity", "keystone"}, {"load-balancer", "octavia"}, {"key-manager", "barbican"}
};

}  // namespace

keystone::keystone(environment& env, std::vector<endpoint> endpoints)
    : env_(env), endpoints_(std::move(endpoints))
{
    for (const auto& each : endpoints_)
    {
        if (each.type == "identity")
        {
            url_ = each.url.text + "/v3";
        }
        for (const auto interface : interfaces)
        {
            endpoint_ids_[each.type + each.region + std::string(interface)] = env_.ids.hex(32);
        }
        if (!endpoint_ids_.contains(each.type))
        {
            endpoint_ids_[each.type] = env_.ids.hex(32);
        }
    }
}

project& keystone::add_project(const std::string& name, const std::string& id)
{
    const auto key = id.empty() ? env_.ids.hex(32) : id;
    return projects_[key] = {.id = key, .name = name};
}

user& keystone::add_user(const std::string& name, const std::string& password, const std::string& id)
{
    const auto key = id.empty() ? env_.ids.hex(32) : id;
    return users_[key] = {.id = key, .name = name, .password = password};
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

application_credential& keystone::add_application_credential(application_credential wanted)
{
    wanted.id = wanted.id.empty() ? env_.ids.hex(32) : wanted.id;
    wanted.secret = wanted.secret.empty() ? env_.ids.url_text(86) : wanted.secret;
    if (wanted.roles.empty())
    {
        wanted.roles = users_.at(wanted.user_id).roles[wanted.project_id];
    }
    const auto id = wanted.id;
    return credentials_[id] = std::move(wanted);
}

bool keystone::remove_application_credential(const std::string& id)
{
    return credentials_.erase(id) != 0;
}

project* keystone::find_project(const std::string& id_or_name)
{
    const auto found = std::ranges::find_if(projects_, [&](const auto& each) {
        return each.first == id_or_name || each.second.name == id_or_name;
    });
    return found == projects_.end() ? nullptr : &found->second;
}

user* keystone::find_user(const std::string& id_or_name)
{
    const auto found = std::ranges::find_if(users_, [&](const auto& each) {
        return each.first == id_or_name || each.second.name == id_or_name;
    });
    return found == users_.end() ? nullptr : &found->second;
}

const user* keystone::find_member(const std::string& project_id) const
{
    const auto found = std::ranges::find_if(users_, [&](const auto& each) {
        return each.second.roles.contains(project_id);
    });
    return found == users_.end() ? nullptr : &found->second;
}

void keystone::revoke(const std::string& user_id)
{
    for (auto& [id, each] : tokens_)
    {
        if (user_id.empty() || each.who.user_id == user_id)
        {
            each.revoked = true;
            each.forgotten = true;
        }
    }
}

void keystone::override_catalog(
    const std::string& type,
    const std::string& region,
    const std::string& interface,
    std::optional<std::string> url
)
{
    for (const auto each : interfaces)
    {
        if (interface.empty() || interface == each)
        {
            overrides_[{type, region, std::string(each)}] = url;
        }
    }
}

std::expected<identity, refusal> keystone::authenticate(const request& asked, token_cache& seen) const
{
    const auto id = std::string(find_header(asked.headers, "X-Auth-Token").value_or(""));
    const auto found = tokens_.find(id);
    const bool cached = seen.contains(id) && env_.now.monotonic - seen[id] < env_.config.token_cache;
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
    const bool good = found != tokens_.end() && !found->second.forgotten &&
                      env_.now.wall < found->second.expires_at && (!found->second.revoked || cached);
    if (!good)
    {
        seen.erase(id);
        const json body = {
            {"error",
             {{"code", 401},
              {"title", "Unauthorized"},
              {"message", "The request you have made requires authentication."}}}
        };
        return std::unexpected(refusal{
            .answer = json_reply(
                401,
                body,
                {.type_first = true, .after = {{"WWW-Authenticate", "Keystone uri=\"" + url_ + "\""}}}
            )
        });
    }
    if (!cached)
    {
        seen[id] = env_.now.monotonic;
    }
    return found->second.who;
}

handling keystone::handle(const request& asked)
{
    return {.work = env_.config.latency, .effect = [this, asked] { return answer(asked); }};
}

reply keystone::answer(const request& asked)
{
    const auto where = parse_target(asked.target);
    const answer_style plain{
        .type_first = true,
        .after = {{"Vary", "X-Auth-Token"}, {"x-openstack-request-id", env_.ids.request_id()}}
    };
    if (where.segments.empty() && asked.method == "GET")
    {
        auto answer = json_reply(300, {{"versions", {{"values", json::array({version_document()})}}}}, plain);
        answer.headers.emplace_back("Location", url_ + "/");
        return answer;
    }
    if (where.is({"v3"}) && asked.method == "GET")
    {
        return json_reply(200, {{"version", version_document()}}, plain);
    }
    if (where.is({"v3", "auth", "tokens"}))
    {
        return asked.method == "POST" ? issue(asked) : inspect(asked);
    }
    return make_reply(
        404,
        "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested "
        "URL was not "
        "found on the server. If you entered the URL manually please check your spelling and try "
        "again.</p>\n",
        "text/html; charset=utf-8",
        plain
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

reply keystone::error(int status, const std::string& message)
{
    static const std::map<int, std::string> titles = {
        {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"}
    };
    const json body = {{"error", {{"code", status}, {"message", message}, {"title", titles.at(status)}}}};
    return make_reply(status, body.dump() + "\n", "application/json", error_style(status));
}

answer_style keystone::error_style(int status)
{
    answer_style style{.type_first = true};
    if (status == 401)
    {
        style.after.emplace_back("WWW-Authenticate", "Keystone uri=\"" + url_ + "\"");
    }
    style.after.emplace_back("Vary", "X-Auth-Token");
    style.after.emplace_back("x-openstack-request-id", env_.ids.request_id());
    return style;
}

json keystone::catalog() const
{
    json result = json::array();
    for (const auto& service : services)
    {
        json entries = json::array();
        for (const auto& each : endpoints_)
        {
            if (each.type != service.type)
            {
                continue;
            }
            for (const auto interface : interfaces)
            {
                const auto changed = overrides_.find({each.type, each.region, std::string(interface)});
                const std::optional<std::string> own =
                    each.type == "identity" ? each.url.text + "/v3" : each.url.text;
                const auto& url = changed == overrides_.end() ? own : changed->second;
                if (url)
                {
                    entries.push_back(
                        {{"id", endpoint_ids_.at(each.type + each.region + std::string(interface))},
                         {"interface", interface},
                         {"region_id", each.region},
                         {"url", *url},
                         {"region", each.region}}
                    );
                }
            }
        }
        result.push_back(
            {{"endpoints", entries},
             {"id", endpoint_ids_.at(std::string(service.type))},
             {"type", service.type},
             {"name", service.name}}
        );
    }
    return result;
}

}  // namespace cloudsim
