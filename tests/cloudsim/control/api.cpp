// The control API: its calls, the people, the faults and the log.
#include "cloudsim/control/api.hpp"

#include <regex>
#include <stdexcept>

namespace cloudsim {

namespace {

// The reader of the body knows which members there may be.
constexpr std::string_view any_member = "*";

// Becomes a 404.
struct unknown_object : std::invalid_argument
{
    using std::invalid_argument::invalid_argument;
};

std::optional<std::uint64_t> number(const std::map<std::string, std::string>& query, const char* name)
{
    const auto found = query.find(name);
    return found == query.end() ? std::nullopt : std::optional<std::uint64_t>(std::stoull(found->second));
}

std::string text(const std::map<std::string, std::string>& query, const char* name)
{
    const auto found = query.find(name);
    return found == query.end() ? "" : found->second;
}

}  // namespace

const std::vector<control_api::route>& control_api::routes()
{
    using api = control_api;
    static const std::vector<route> all = {
        {"GET", {"endpoints"}, &api::endpoints},
        {"GET", {"settings"}, &api::get_settings},
        {"PATCH", {"settings"}, &api::patch_settings, {any_member}},
        {"PUT", {"catalog"}, &api::put_catalog, {"type", "region", "interface", "url"}},
        {"POST", {"projects"}, &api::add_project, {"name", "id"}},
        {"POST", {"users"}, &api::add_user, {"name", "project", "password", "roles", "id"}},
        {"POST",
         {"application-credentials"},
         &api::add_application_credential,
         {"user", "project", "name", "secret", "roles", "unrestricted", "id"}},
        {"DELETE", {"application-credentials", "*"}, &api::delete_application_credential},
        {"POST", {"tokens", "revoke"}, &api::revoke_tokens, {"user"}},
        {"POST",
         {"load-balancers"},
         &api::add_load_balancer,
         {"project", "region", "name", "provisioning_status", "id"}},
        {"GET", {"load-balancers", "*"}, &api::get_load_balancer},
        {"PATCH", {"load-balancers", "*"}, &api::patch_load_balancer, {"provisioning_status"}},
        {"DELETE", {"load-balancers", "*"}, &api::delete_load_balancer},
        {"POST",
         {"listeners"},
         &api::add_listener,
         {"load_balancer",
          "protocol",
          "port",
          "default_tls_container_ref",
          "sni_container_refs",
          "client_ca_tls_container_ref",
          "client_crl_container_ref",
          "name",
          "provisioning_status",
          "id"}},
        {"GET", {"listeners", "*"}, &api::get_listener},
        {"PATCH",
         {"listeners", "*"},
         &api::patch_listener,
         {"provisioning_status", "default_tls_container_ref", "sni_container_refs"}},
        {"DELETE", {"listeners", "*"}, &api::delete_listener},
        {"GET", {"listeners", "*", "tls"}, &api::listener_tls},
        {"POST",
         {"certificates"},
         &api::add_certificate,
         {"project",
          "kind",
          "state",
          "names",
          "not_before",
          "not_after",
          "user",
          "name",
          "status",
          "private",
          "pass_phrase",
          "intermediates",
          "content_type",
          "region",
          "id"}},
        {"POST", {"certificates", "*", "complete"}, &api::complete_certificate},
        {"PATCH", {"certificates", "*"}, &api::patch_certificate, {"status", "expires_at", "private"}},
        {"DELETE", {"certificates", "*"}, &api::delete_certificate},
        {"POST", {"rules"}, &api::add_rule, {any_member}},
        {"GET", {"rules"}, &api::get_rules},
        {"DELETE", {"rules"}, &api::delete_rules},
        {"DELETE", {"rules", "*"}, &api::delete_rules},
        {"GET", {"held"}, &api::get_held},
        {"POST", {"held", "release"}, &api::release, {"exchange", "discard"}},
        {"GET", {"log"}, &api::get_log},
        {"GET", {"history"}, &api::get_history},
    };
    return all;
}

reply control_api::answer(const request& asked)
{
    auto where = parse_target(asked.target);
    if (!where.segments.empty() && where.segments.front() == "control")
    {
        where.segments.erase(where.segments.begin());
    }
    const auto respond = [](int status, const json& body) {
        return make_reply(status, body.dump() + "\n", "application/json", {});
    };
    call c{
        .id = where.segments.size() > 1 ? where.segments[1] : "", .query = where.query, .body = json::object()
    };
    if (!asked.body.empty())
    {
        c.body = json::parse(asked.body, nullptr, false);
        if (!c.body.is_object())
        {
            return respond(400, {{"error", "the body is not a JSON object"}});
        }
    }
    try
    {
        for (const auto& each : routes())
        {
            if (asked.method == each.method && where.is(each.path))
            {
                for (const auto& item : c.body.items())
                {
                    const bool known =
                        contains(each.members, any_member) || contains(each.members, item.key());
                    if (!known)
                    {
                        return respond(400, {{"error", "unknown member: " + item.key()}});
                    }
                }
                return respond(200, (this->*each.handler)(c));
            }
        }
        return respond(404, {{"error", "no such call: " + asked.method + " " + asked.target}});
    }
    catch (const unknown_object& e)
    {
        return respond(404, {{"error", e.what()}});
    }
    catch (const std::exception& e)
    {
        return respond(400, {{"error", e.what()}});
    }
}

json control_api::endpoints(const call& /*c*/)
{
    json regions = json::object();
    for (const auto& each : parts_.options.regions)
    {
        regions[each.name] = {
            {"key_manager", each.key_manager_url}, {"load_balancer", each.load_balancer_url}
        };
    }
    return {
        {"identity", parts_.options.identity_url + "/v3"},
        {"regions", regions},
        {"control", parts_.options.control_url + "/control"}
    };
}

json control_api::get_settings(const call& /*c*/)
{
    return parts_.env.config.to_json();
}

json control_api::patch_settings(const call& c)
{
    auto changed = parts_.env.config;
    changed.patch(c.body);
    parts_.env.config = std::move(changed);
    if (!parts_.env.config.worker_held)
    {
        for (const auto& each : parts_.regions)
        {
            each->balancing.resume_worker();
        }
    }
    return parts_.env.config.to_json();
}

json control_api::put_catalog(const call& c)
{
    const auto url = c.body.value("url", json());
    parts_.tokens.override_catalog(
        c.body.at("type").get<std::string>(),
        parts_.find_region(c.body.value("region", "")).name,
        c.body.value("interface", ""),
        url.is_null() ? std::nullopt : std::optional(url.get<std::string>())
    );
    return json::object();
}

project& control_api::project_of(const json& body)
{
    const auto name = body.at("project").get<std::string>();
    auto* found = parts_.tokens.find_project(name);
    if (found == nullptr)
    {
        throw unknown_object("unknown project: " + name);
    }
    return *found;
}

// The user who is said to have made something in a project: the one named, or some one with a role there.
std::string control_api::creator_in(const project& where, const json& body)
{
    const auto name = body.value("user", "");
    const auto* found = name.empty() ? parts_.tokens.find_member(where.id) : parts_.tokens.find_user(name);
    if (found == nullptr)
    {
        throw unknown_object(name.empty() ? "no user in project " + where.name : "unknown user: " + name);
    }
    return found->id;
}

json control_api::add_project(const call& c)
{
    const auto& made =
        parts_.tokens.add_project(c.body.at("name").get<std::string>(), c.body.value("id", ""));
    return {{"id", made.id}, {"name", made.name}};
}

json control_api::add_user(const call& c)
{
    const auto& where = project_of(c.body);
    const std::set<std::string> usual = {"creator", "load-balancer_member", "member", "reader"};
    const auto& made = parts_.tokens.add_user(
        c.body.at("name").get<std::string>(), c.body.value("password", "secret"), c.body.value("id", "")
    );
    parts_.tokens.grant(made.id, where.id, c.body.value("roles", usual));
    return {{"id", made.id}, {"name", made.name}, {"project_id", where.id}};
}

json control_api::add_application_credential(const call& c)
{
    const auto name = c.body.at("user").get<std::string>();
    const auto* who = parts_.tokens.find_user(name);
    if (who == nullptr)
    {
        throw unknown_object("unknown user: " + name);
    }
    const auto& made = parts_.tokens.add_application_credential(
        {.id = c.body.value("id", ""),
         .name = c.body.value("name", "certd"),
         .secret = c.body.value("secret", ""),
         .user_id = who->id,
         .project_id = project_of(c.body).id,
         .roles = c.body.value("roles", std::set<std::string>()),
         .unrestricted = c.body.value("unrestricted", false)}
    );
    return {{"id", made.id}, {"name", made.name}, {"secret", made.secret}, {"project_id", made.project_id}};
}

json control_api::delete_application_credential(const call& c)
{
    if (!parts_.tokens.remove_application_credential(c.id))
    {
        throw unknown_object("unknown application credential: " + c.id);
    }
    return json::object();
}

json control_api::revoke_tokens(const call& c)
{
    const auto name = c.body.value("user", "");
    const auto* who = name.empty() ? nullptr : parts_.tokens.find_user(name);
    if (!name.empty() && who == nullptr)
    {
        throw unknown_object("unknown user: " + name);
    }
    parts_.tokens.revoke(who == nullptr ? "" : who->id);
    return json::object();
}

json control_api::add_rule(const call& c)
{
    return {{"id", parts_.traffic.rules().add(c.body)}};
}

json control_api::get_rules(const call& /*c*/)
{
    return {{"rules", parts_.traffic.rules().to_json()}};
}

json control_api::delete_rules(const call& c)
{
    if (c.id.empty())
    {
        parts_.traffic.rules().clear();
    }
    else if (!parts_.traffic.rules().remove(std::stoull(c.id)))
    {
        throw unknown_object("unknown rule: " + c.id);
    }
    return json::object();
}

json control_api::get_held(const call& /*c*/)
{
    return {{"held", parts_.traffic.held()}};
}

json control_api::release(const call& c)
{
    const auto only =
        c.body.contains("exchange") ? std::optional(c.body["exchange"].get<exchange_id>()) : std::nullopt;
    return {{"released", parts_.traffic.release(only, c.body.value("discard", false))}};
}

json control_api::get_log(const call& c)
{
    const auto after = number(c.query, "after").value_or(0);
    const auto service = text(c.query, "service");
    const auto region = text(c.query, "region");
    const auto method = text(c.query, "method");
    const std::regex path(text(c.query, "path"));
    json shown = json::array();
    for (const auto& each : parts_.traffic.log())
    {
        const auto fits = [](const std::string& wanted, const std::string& have) {
            return wanted.empty() || wanted == have;
        };
        if (each.sequence > after && fits(service, each.kind.service) && fits(region, each.kind.region) &&
            fits(method, each.kind.method) && std::regex_search(each.kind.target, path))
        {
            shown.push_back(each.to_json());
        }
    }
    return {{"count", shown.size()}, {"last", parts_.env.sequence}, {"requests", shown}};
}

json control_api::get_history(const call& c)
{
    const auto after = number(c.query, "after").value_or(0);
    const auto id = text(c.query, "id");
    json shown = json::array();
    for (const auto& each : parts_.env.history)
    {
        if (each.sequence > after && (id.empty() || each.object["id"] == id))
        {
            shown.push_back(
                {{"sequence", each.sequence},
                 {"at_ms", std::chrono::duration<double, std::milli>(each.at).count()},
                 {"cause", each.cause},
                 {"object", each.object}}
            );
        }
    }
    return {{"last", parts_.env.sequence}, {"changes", shown}};
}

}  // namespace cloudsim
