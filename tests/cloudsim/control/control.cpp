#include "cloudsim/control/control.hpp"

namespace cloudsim {

namespace {

json to_json(const control::match& which, const char* action)
{
    return {
        {"service", which.service},
        {"method", which.method},
        {"path", which.path},
        {"skip", which.skip},
        {"times", which.times ? json(*which.times) : json(nullptr)},
        {"phase", which.when},
        {"action", action}
    };
}

std::string encode(const std::string& text)
{
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string result;
    for (const char c : text)
    {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_')
        {
            result += c;
        }
        else
        {
            result += {'%', digits[byte / 16U], digits[byte % 16U]};
        }
    }
    return result;
}

}  // namespace

json control::call(const std::string& method, const std::string& path, const json& body) const
{
    request asked{.method = method, .authority = {}, .target = "/control/" + path};
    if (!body.is_null())
    {
        asked.body = body.dump();
        asked.headers = {{"Content-Type", "application/json"}};
    }
    const auto answer = send_(asked);
    const auto result = json::parse(answer.body, nullptr, false);
    if (answer.status != 200 || result.is_discarded())
    {
        throw control_error(
            method + " /control/" + path + ": " + std::to_string(answer.status) + " " + answer.body
        );
    }
    return result;
}

std::string control::add_project(const std::string& name, const std::string& id) const
{
    return call("POST", "projects", {{"name", name}, {"id", id}})["id"].get<std::string>();
}

std::string control::add_user(
    const std::string& name, const std::string& project, const std::optional<std::set<std::string>>& roles
) const
{
    json wanted = {{"name", name}, {"project", project}};
    if (roles)
    {
        wanted["roles"] = *roles;
    }
    return call("POST", "users", wanted)["id"].get<std::string>();
}

control::credential control::add_application_credential(const std::string& user, const std::string& project)
    const
{
    const auto made = call("POST", "application-credentials", {{"user", user}, {"project", project}});
    return {
        .id = made["id"].get<std::string>(),
        .secret = made["secret"].get<std::string>(),
        .project_id = made["project_id"].get<std::string>()
    };
}

void control::remove_application_credential(const std::string& id) const
{
    call("DELETE", "application-credentials/" + id);
}

void control::revoke_tokens(const std::string& user) const
{
    call("POST", "tokens/revoke", {{"user", user}});
}

std::string control::add_load_balancer(const load_balancer_order& wanted) const
{
    return call(
               "POST",
               "load-balancers",
               {{"project", wanted.project}, {"region", wanted.region}, {"id", wanted.id}}
    )["id"]
        .get<std::string>();
}

std::string control::add_listener(const listener_order& wanted) const
{
    const json body = {
        {"load_balancer", wanted.load_balancer},
        {"default_tls_container_ref", text_or_null(wanted.default_ref)},
        {"sni_container_refs", wanted.sni_refs},
        {"client_ca_tls_container_ref", text_or_null(wanted.client_ca_ref)},
        {"client_crl_container_ref", text_or_null(wanted.client_crl_ref)},
        {"protocol", wanted.protocol},
        {"port", wanted.port},
        {"id", wanted.id}
    };
    return call("POST", "listeners", body)["id"].get<std::string>();
}

control::certificate control::add_certificate(const certificate_order& wanted) const
{
    json body = {
        {"project", wanted.project},
        {"kind", wanted.kind},
        {"names", wanted.names},
        {"state", wanted.state},
        {"pass_phrase", wanted.pass_phrase},
        {"private", wanted.is_private},
        {"user", wanted.user},
        {"region", wanted.region},
        {"id", wanted.id},
        {"status", wanted.status}
    };
    if (wanted.not_after)
    {
        body["not_after"] = rfc3339_time(*wanted.not_after);
    }
    const auto made = call("POST", "certificates", body);
    return {
        .id = made["id"].get<std::string>(),
        .ref = made["ref"].get<std::string>(),
        .crl_ref = made.value("crl_ref", ""),
        .secrets = made.value("secrets", std::map<std::string, std::string>()),
        .not_after = parse_time(made["not_after"].get<std::string>()).value_or(wall_time()),
        .pem = made["pem"].get<std::string>()
    };
}

void control::complete_certificate(const std::string& id) const
{
    call("POST", "certificates/" + id + "/complete");
}

void control::remove_certificate(const std::string& id, const std::string& part) const
{
    call("DELETE", "certificates/" + id + (part.empty() ? "" : "?part=" + part));
}

void control::remove_listener(const std::string& id) const
{
    call("DELETE", "listeners/" + id);
}

void control::remove_load_balancer(const std::string& id) const
{
    call("DELETE", "load-balancers/" + id);
}

void control::set_listener_status(const std::string& id, const std::string& status) const
{
    call("PATCH", "listeners/" + id, {{"provisioning_status", status}});
}

void control::set_load_balancer_status(const std::string& id, const std::string& status) const
{
    call("PATCH", "load-balancers/" + id, {{"provisioning_status", status}});
}

void control::set_listener_refs(
    const std::string& id,
    const std::optional<std::string>& default_ref,
    const std::set<std::string>& sni_refs
) const
{
    call(
        "PATCH",
        "listeners/" + id,
        {{"default_tls_container_ref", text_or_null(default_ref)}, {"sni_container_refs", sni_refs}}
    );
}

control::listener_state control::get_listener(const std::string& id) const
{
    const auto shown = call("GET", "listeners/" + id)["listener"];
    return {
        .status = shown["provisioning_status"].get<std::string>(),
        .default_ref = text_or_none(shown["default_tls_container_ref"]),
        .sni_refs = shown["sni_container_refs"].get<std::set<std::string>>()
    };
}

std::string control::load_balancer_status(const std::string& id) const
{
    return call("GET", "load-balancers/" + id)["loadbalancer"]["provisioning_status"].get<std::string>();
}

control::tls_answer control::tls(const std::string& listener, const std::string& server_name) const
{
    const auto shown = call("GET", "listeners/" + listener + "/tls?server_name=" + encode(server_name));
    return {.certificate = text_or_none(shown["certificate"]), .source = shown["source"].get<std::string>()};
}

std::uint64_t control::hold(const match& which) const
{
    return call("POST", "rules", to_json(which, "hold"))["id"].get<std::uint64_t>();
}

std::uint64_t control::fail(const match& which, const false_reply& with) const
{
    auto wanted = to_json(which, "reply");
    wanted["status"] = with.status;
    wanted["body"] = with.body;
    wanted["content_type"] = with.content_type;
    wanted["headers"] = with.headers;
    return call("POST", "rules", wanted)["id"].get<std::uint64_t>();
}

std::uint64_t control::drop(const match& which) const
{
    return call("POST", "rules", to_json(which, "drop"))["id"].get<std::uint64_t>();
}

std::uint64_t control::cut(const match& which, std::size_t bytes) const
{
    auto wanted = to_json(which, "cut");
    wanted["bytes"] = bytes;
    return call("POST", "rules", wanted)["id"].get<std::uint64_t>();
}

std::uint64_t control::delay(const match& which, duration wait) const
{
    auto wanted = to_json(which, "delay");
    wanted["delay_ms"] = std::chrono::duration<double, std::milli>(wait).count();
    return call("POST", "rules", wanted)["id"].get<std::uint64_t>();
}

void control::remove_rules() const
{
    call("DELETE", "rules");
}

std::vector<control::held_request> control::held() const
{
    std::vector<held_request> result;
    for (const auto& each : call("GET", "held")["held"])
    {
        result.push_back(
            {.exchange = each["exchange"].get<std::uint64_t>(),
             .service = each["service"].get<std::string>(),
             .method = each["method"].get<std::string>(),
             .path = each["path"].get<std::string>(),
             .when = each["phase"].get<std::string>()}
        );
    }
    return result;
}

std::size_t control::release(bool discard) const
{
    return call("POST", "held/release", {{"discard", discard}})["released"].get<std::size_t>();
}

void control::set(const json& settings) const
{
    call("PATCH", "settings", settings);
}

void control::
    set_catalog(const std::string& type, const std::string& region, const std::optional<std::string>& url, const std::string& interface)
        const
{
    call(
        "PUT",
        "catalog",
        {{"type", type}, {"region", region}, {"url", text_or_null(url)}, {"interface", interface}}
    );
}

std::vector<control::logged_request> control::log(const match& which, std::uint64_t after) const
{
    std::vector<logged_request> result;
    const auto shown = call(
        "GET",
        "log?after=" + std::to_string(after) + "&service=" + which.service + "&method=" + which.method +
            "&path=" + encode(which.path)
    );
    for (const auto& each : shown["requests"])
    {
        result.push_back(
            {.sequence = each["sequence"].get<std::uint64_t>(),
             .service = each["service"].get<std::string>(),
             .region = each["region"].get<std::string>(),
             .method = each["method"].get<std::string>(),
             .path = each["path"].get<std::string>(),
             .body = each["body"],
             .status = each["status"].is_null() ? std::nullopt : std::optional(each["status"].get<int>()),
             .state = each["state"].get<std::string>(),
             .client_gone = each["client_gone"].get<bool>()}
        );
    }
    return result;
}

std::vector<control::change> control::history(const std::string& id, std::uint64_t after) const
{
    std::vector<change> result;
    for (const auto& each : call("GET", "history?after=" + std::to_string(after) + "&id=" + id)["changes"])
    {
        result.push_back(
            {.sequence = each["sequence"].get<std::uint64_t>(),
             .cause = each["cause"].get<std::string>(),
             .object = each["object"]}
        );
    }
    return result;
}

std::size_t control::puts(std::uint64_t after) const
{
    return log({.service = "load-balancer", .method = "PUT", .path = "/listeners/"}, after).size();
}

std::uint64_t control::last_sequence() const
{
    return call("GET", "history?id=none")["last"].get<std::uint64_t>();
}

}  // namespace cloudsim
