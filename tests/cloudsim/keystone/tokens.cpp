// Keystone: issues and ends tokens.
#include "cloudsim/keystone/keystone.hpp"

#include <algorithm>

namespace cloudsim {

namespace {

const json default_domain = {{"id", "default"}, {"name", "Default"}};

constexpr auto not_authenticated = "The request you have made requires authentication.";

// Keystone quotes the schema that a body breaks.
constexpr auto no_identity = R"('identity' is a required property

Failed validating 'required' in schema:
    {'properties': {'identity': {'properties': {'methods': {'items': {'type': 'string'},
                                                            'type': 'array'},
                                                'password': {'properties': {'user': {'properties': {'domain': {'properties': {'id': {'type': 'string'},
                                                                                                                              'name': {'type': 'string'}},
                                                                                                               'type': 'object'},
                                                                                                    'id': {'type': 'string'},
                                                                                                    'name': {'type': 'string'},
                                                                                                    'password': {'type': 'string'}},
                                                                                     'type': 'object'}},
                                                             'type': 'object'},
                                                'token': {'properties': {'id': {'type': 'string'}},
                                                          'required': ['id'],
                                                          'type': 'object'}},
                                 'required': ['methods'],
                                 'type': 'object'},
                    'scope': {'properties': {'OS-TRUST:trust': {'properties': {'id': {'type': 'string'}},
                                                                'type': 'object'},
                                             'domain': {'properties': {'id': {'type': 'string'},
                                                                       'name': {'type': 'string'}},
                                                        'type': 'object'},
                                             'project': {'properties': {'domain': {'properties': {'id': {'type': 'string'},
                                                                                                  'name': {'type': 'string'}},
                                                                                   'type': 'object'},
                                                                        'id': {'type': 'string'},
                                                                        'name': {'type': 'string'}},
                                                         'type': 'object'},
                                             'system': {'properties': {'all': {'enum': [True,
                                                                                        False,
                                                                                        None],
                                                                               'type': 'boolean'}},
                                                        'type': 'object'}},
                              'type': ['object', 'string']}},
     'required': ['identity'],
     'type': 'object'}

On instance:
    )";

bool has(const json& value, std::string_view member)
{
    return value.is_object() && value.contains(member);
}

}  // namespace

reply keystone::issue(const request& asked)
{
    const auto body = json::parse(asked.body, nullptr, false);
    const std::string malformed =
        " in request body. The server could not comply with the request since it is either malformed or "
        "otherwise incorrect. The client is assumed to be in error.";
    if (!body.is_object())
    {
        return error(400, "Expecting to find valid JSON" + malformed);
    }
    if (!has(body, "auth"))
    {
        return error(400, "Expecting to find auth" + malformed);
    }
    const json auth = body["auth"];
    if (!has(auth, "identity"))
    {
        return error(400, no_identity + auth.dump());
    }
    const json& given = auth["identity"];
    if (!has(given, "methods") || !given["methods"].is_array() || given["methods"].empty())
    {
        return error(400, "'methods' is a required property\n\nFailed validating 'required' in schema");
    }
    const json& method = given["methods"][0];
    if (!method.is_string() || !has(given, method.get<std::string>().c_str()))
    {
        return error(401, not_authenticated);
    }
    const auto name = method.get<std::string>();
    const auto unsupported = [&] {
        return error(
            401,
            "Attempted to authenticate with an unsupported method.",
            {{"identity",
              {{"methods", {"external", "password", "token", "oauth1", "mapped", "application_credential"}}}}}
        );
    };
    const auto who = name == "password"                 ? by_password(auth)
                     : name == "application_credential" ? by_application_credential(given[name])
                                                        : std::unexpected(unsupported());
    if (!who)
    {
        return who.error();
    }
    const token issued{
        .who = *who,
        .method = name,
        .issued_at = env_.now.wall,
        .expires_at =
            env_.now.wall + std::chrono::duration_cast<wall_time::duration>(env_.config.token_lifetime),
        .audit_id = env_.ids.url_text(22)
    };
    const std::size_t length = name == "application_credential" ? 204 : 183;
    const auto id = "gAAAAABr" + env_.ids.url_text(length - 8);
    tokens_[id] = issued;
    return render(id, issued);
}

reply keystone::render(const std::string& id, const token& issued)
{
    const auto& who = users_.at(issued.who.user_id);
    json shown = {
        {"methods", json::array({issued.method})},
        {"user",
         {{"domain", default_domain}, {"id", who.id}, {"name", who.name}, {"password_expires_at", nullptr}}},
        {"audit_ids", json::array({issued.audit_id})},
        {"expires_at", keystone_time(issued.expires_at)},
        {"issued_at", keystone_time(issued.issued_at)}
    };
    if (!issued.who.project_id.empty())
    {
        const auto& scope = projects_.at(issued.who.project_id);
        shown["project"] = {{"domain", default_domain}, {"id", scope.id}, {"name", scope.name}};
        shown["is_domain"] = false;
        shown["roles"] = json::array();
        for (const auto& role : issued.who.roles)
        {
            shown["roles"].push_back(
                {{"id", role_ids_.contains(role) ? role_ids_.at(role) : role}, {"name", role}}
            );
        }
        shown["catalog"] = catalog_;
    }
    if (!issued.who.application_credential_id.empty())
    {
        const auto credential = credentials_.find(issued.who.application_credential_id);
        shown["application_credential"] = {
            {"id", issued.who.application_credential_id},
            {"name", credential == credentials_.end() ? "" : credential->second.name},
            {"restricted", true}
        };
    }
    auto sent = headers();
    sent.emplace_back("X-Subject-Token", id);
    return json_reply(201, {{"token", shown}}, std::move(sent));
}

// The token in X-Auth-Token ends the token in X-Subject-Token.
reply keystone::end_token(const request& asked)
{
    const auto usable = [&](std::string_view header) {
        const auto token = tokens_.find(std::string(find_header(asked.headers, header).value_or("")));
        const bool good =
            token != tokens_.end() && !token->second.revoked && env_.now.wall < token->second.expires_at;
        return good ? token : tokens_.end();
    };
    if (usable("X-Auth-Token") == tokens_.end())
    {
        return error(401, not_authenticated);
    }
    const auto subject = usable("X-Subject-Token");
    if (subject == tokens_.end())
    {
        return error(404, "Failed to validate token");
    }
    subject->second.revoked = true;
    return {.status = 204, .headers = headers()};
}

std::expected<identity, reply> keystone::by_password(const json& auth)
{
    const json& given = auth["identity"]["password"];
    const json wanted = has(given, "user") ? given["user"] : json::object();
    const auto* who =
        find_user(wanted.contains("id") ? member_text(wanted, "id") : member_text(wanted, "name"));
    if (who == nullptr || who->password != member_text(wanted, "password"))
    {
        return std::unexpected(error(401, not_authenticated));
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
    const auto* scope =
        find_project(has(wanted, "id") ? member_text(wanted, "id") : member_text(wanted, "name"));
    const auto roles = scope == nullptr ? who.roles.end() : who.roles.find(scope->id);
    if (roles == who.roles.end())
    {
        return std::unexpected(error(401, not_authenticated));
    }
    return identity{.user_id = who.id, .project_id = scope->id, .roles = roles->second};
}

std::expected<identity, reply> keystone::by_application_credential(const json& method)
{
    const auto id = member_text(method, "id");
    auto credential = credentials_.find(id);
    if (id.empty())
    {
        // A client may name an application credential by its name, which is unique for the user.
        const json by = has(method, "user") ? method["user"] : json::object();
        const auto* who = find_user(by.contains("id") ? member_text(by, "id") : member_text(by, "name"));
        credential = std::ranges::find_if(credentials_, [&](const auto& entry) {
            return who != nullptr && entry.second.user_id == who->id &&
                   entry.second.name == member_text(method, "name");
        });
    }
    if (credential == credentials_.end() && id.empty())
    {
        return std::unexpected(error(401, not_authenticated));
    }
    if (credential == credentials_.end())
    {
        return std::unexpected(error(404, "Could not find Application Credential: " + id + "."));
    }
    if (credential->second.secret != member_text(method, "secret"))
    {
        return std::unexpected(error(401, not_authenticated));
    }
    return identity{
        .user_id = credential->second.user_id,
        .project_id = credential->second.project_id,
        .roles = credential->second.roles,
        .application_credential_id = credential->second.id
    };
}

}  // namespace cloudsim
