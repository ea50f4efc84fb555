#include "cloudsim/keystone.hpp"

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

const json default_domain = {{"id", "default"}, {"name", "Default"}};

// Whether `value` is an object with the member; the caller may then read it.
bool has(const json& value, const char* member)
{
    return value.is_object() && value.contains(member);
}

std::string text_of(const json& value, const char* member)
{
    return has(value, member) && value[member].is_string() ? value[member].get<std::string>() : "";
}

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
    const answer_style plain{.type_first = true, .after = {{"Vary", "X-Auth-Token"}}};
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
    return error(404, "Could not find: " + asked.target + ".");
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
    answer_style style{.type_first = true};
    if (status == 401)
    {
        style.after.emplace_back("WWW-Authenticate", "Keystone uri=\"" + url_ + "\"");
    }
    style.after.emplace_back("Vary", "X-Auth-Token");
    style.after.emplace_back("x-openstack-request-id", env_.ids.request_id());
    return make_reply(status, body.dump() + "\n", "application/json", style);
}

reply keystone::issue(const request& asked)
{
    const auto body = json::parse(asked.body, nullptr, false);
    if (body.is_discarded() || !body.is_object())
    {
        return error(
            400,
            "Expecting to find valid JSON in request body. The server could not comply with the request "
            "since it "
            "is either malformed or otherwise incorrect. The client is assumed to be in error."
        );
    }
    const json auth = has(body, "auth") ? body["auth"] : json::object();
    if (!has(auth, "identity"))
    {
        return error(400, "'identity' is a required property\n\nFailed validating 'required' in schema");
    }
    const json& given = auth["identity"];
    if (!has(given, "methods") || !given["methods"].is_array() || given["methods"].empty())
    {
        return error(400, "'methods' is a required property\n\nFailed validating 'required' in schema");
    }
    const json& method = given["methods"][0];
    if (!method.is_string() || !has(given, method.get<std::string>().c_str()))
    {
        return error(401, "The request you have made requires authentication.");
    }
    const auto name = method.get<std::string>();
    const auto who =
        name == "password"                 ? by_password(auth)
        : name == "application_credential" ? by_application_credential(given[name])
        : name == "token"
            ? by_token(auth)
            : std::unexpected(error(401, "Attempted to authenticate with an unsupported method."));
    if (!who)
    {
        return who.error();
    }
    const token issued{
        .who = *who,
        .methods = {name},
        .issued_at = env_.now.wall,
        .expires_at =
            env_.now.wall + std::chrono::duration_cast<wall_time::duration>(env_.config.token_lifetime),
        .audit_id = env_.ids.url_text(22)
    };
    const std::size_t length = name == "application_credential" ? 204 : 183;
    const auto id = "gAAAAABr" + env_.ids.url_text(length - 8);
    tokens_[id] = issued;
    return render(201, id, issued, !parse_target(asked.target).query.contains("nocatalog"));
}

reply keystone::render(int status, const std::string& id, const token& issued, bool with_catalog)
{
    const auto& who = users_.at(issued.who.user_id);
    json shown = {
        {"methods", issued.methods},
        {"user",
         {{"domain", default_domain}, {"id", who.id}, {"name", who.name}, {"password_expires_at", nullptr}}},
        {"audit_ids", json::array({issued.audit_id})},
        {"expires_at", keystone_time(issued.expires_at)},
        {"issued_at", keystone_time(issued.issued_at)}
    };
    if (!issued.who.project_id.empty())
    {
        const auto& where = projects_.at(issued.who.project_id);
        shown["project"] = {{"domain", default_domain}, {"id", where.id}, {"name", where.name}};
        shown["is_domain"] = false;
        shown["roles"] = json::array();
        for (const auto& role : issued.who.roles)
        {
            shown["roles"].push_back(
                {{"id", role_ids_.contains(role) ? role_ids_.at(role) : role}, {"name", role}}
            );
        }
        if (with_catalog)
        {
            shown["catalog"] = catalog();
        }
    }
    if (!issued.who.application_credential_id.empty())
    {
        const auto found = credentials_.find(issued.who.application_credential_id);
        const bool unrestricted = found != credentials_.end() && found->second.unrestricted;
        shown["application_credential"] = {
            {"id", issued.who.application_credential_id},
            {"name", found == credentials_.end() ? "" : found->second.name},
            {"restricted", !unrestricted}
        };
    }
    return json_reply(
        status,
        {{"token", shown}},
        {.type_first = true,
         .after =
             {{"X-Subject-Token", id},
              {"Vary", "X-Auth-Token"},
              {"x-openstack-request-id", env_.ids.request_id()}}}
    );
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

// GET, HEAD and DELETE of a token: X-Auth-Token asks about X-Subject-Token.
reply keystone::inspect(const request& asked)
{
    const auto usable = [&](std::string_view header) {
        const auto found = tokens_.find(std::string(find_header(asked.headers, header).value_or("")));
        const bool good =
            found != tokens_.end() && !found->second.revoked && env_.now.wall < found->second.expires_at;
        return good ? found : tokens_.end();
    };
    if (usable("X-Auth-Token") == tokens_.end())
    {
        return error(401, "The request you have made requires authentication.");
    }
    const auto subject = usable("X-Subject-Token");
    if (subject == tokens_.end())
    {
        return error(404, "Could not find token.");
    }
    if (asked.method == "DELETE")
    {
        subject->second.revoked = true;
        return make_reply(
            204,
            "",
            "",
            {.type_first = true,
             .after = {{"Vary", "X-Auth-Token"}, {"x-openstack-request-id", env_.ids.request_id()}}}
        );
    }
    auto answer =
        render(200, subject->first, subject->second, !parse_target(asked.target).query.contains("nocatalog"));
    if (asked.method == "HEAD")
    {
        answer.body.clear();
    }
    return answer;
}

std::expected<identity, reply> keystone::by_password(const json& auth)
{
    const json& given = auth["identity"]["password"];
    const json wanted = has(given, "user") ? given["user"] : json::object();
    const auto* who = find_user(wanted.contains("id") ? text_of(wanted, "id") : text_of(wanted, "name"));
    if (who == nullptr || who->password != text_of(wanted, "password"))
    {
        return std::unexpected(error(401, "The request you have made requires authentication."));
    }
    return scoped(*who, auth);
}

std::expected<identity, reply> keystone::scoped(const user& who, const json& auth)
{
    if (!has(auth, "scope") || !has(auth["scope"], "project"))
    {
        return identity{.user_id = who.id};
    }
    const json& wanted = auth["scope"]["project"];
    const auto* where = find_project(has(wanted, "id") ? text_of(wanted, "id") : text_of(wanted, "name"));
    const auto roles = where == nullptr ? who.roles.end() : who.roles.find(where->id);
    if (roles == who.roles.end())
    {
        return std::unexpected(error(401, "The request you have made requires authentication."));
    }
    return identity{.user_id = who.id, .project_id = where->id, .roles = roles->second};
}

std::expected<identity, reply> keystone::by_application_credential(const json& method)
{
    const auto id = text_of(method, "id");
    auto found = credentials_.find(id);
    if (id.empty())
    {
        // By name, which is the user's own.
        const json by = has(method, "user") ? method["user"] : json::object();
        const auto* who = find_user(by.contains("id") ? text_of(by, "id") : text_of(by, "name"));
        found = std::ranges::find_if(credentials_, [&](const auto& each) {
            return who != nullptr && each.second.user_id == who->id &&
                   each.second.name == text_of(method, "name");
        });
    }
    if (found == credentials_.end())
    {
        return std::unexpected(error(404, "Could not find Application Credential: " + id + "."));
    }
    if (found->second.secret != text_of(method, "secret"))
    {
        return std::unexpected(error(401, "The request you have made requires authentication."));
    }
    return identity{
        .user_id = found->second.user_id,
        .project_id = found->second.project_id,
        .roles = found->second.roles,
        .application_credential_id = found->second.id
    };
}

std::expected<identity, reply> keystone::by_token(const json& auth)
{
    const auto found = tokens_.find(text_of(auth["identity"]["token"], "id"));
    if (found == tokens_.end() || found->second.revoked || env_.now.wall >= found->second.expires_at)
    {
        return std::unexpected(error(401, "The request you have made requires authentication."));
    }
    if (!found->second.who.application_credential_id.empty())
    {
        return std::unexpected(error(403, "Using a delegated token to create another token is not allowed."));
    }
    return scoped(users_.at(found->second.who.user_id), auth);
}

}  // namespace cloudsim
