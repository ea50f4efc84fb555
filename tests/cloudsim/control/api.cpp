#include "cloudsim/control/api.hpp"

#include "cloudsim/control/json.hpp"

#include <functional>

namespace cloudsim {

namespace {

struct call
{
    std::string id;  // the variable segment of the path
    json given;      // the members of the query and of the body
};

using handler = std::function<json(const control&, const call&)>;

struct route
{
    const char* method;
    std::vector<std::string_view> path;  // below /control
    handler handle;
};

// Refuses members that `known` does not have, because a typing error would change what a test tests.
void must_be_known(const json& given, const json& known)
{
    for (const auto& item : given.items())
    {
        if (!known.contains(item.key()))
        {
            throw control_error("unknown member: " + item.key());
        }
    }
}

std::string text(const call& c, const char* name)
{
    must_be_known(c.given, {{name, nullptr}});
    return c.given.value(name, "");
}

// The answer of a call: an id, a value, or nothing.
template <class Call>
json result_of(const Call& act)
{
    using result = decltype(act());
    if constexpr (std::is_void_v<result>)
    {
        act();
        return json::object();
    }
    else if constexpr (std::is_same_v<result, std::string>)
    {
        return {{"id", act()}};
    }
    else
    {
        return json(act());
    }
}

// The part of the control API that has the call.
template <class Part>
decltype(auto) part_of(const control& sim)
{
    if constexpr (std::is_same_v<Part, control>)
    {
        return (sim);
    }
    else
    {
        return sim.bycloud();
    }
}

template <class Part, class Result>
handler plain(Result (Part::*act)() const)
{
    return [act](const control& sim, const call& c) {
        must_be_known(c.given, json::object());
        return result_of([&] { return (part_of<Part>(sim).*act)(); });
    };
}

template <class T, class Part, class Result>
handler taking(Result (Part::*act)(const T&) const)
{
    return [act](const control& sim, const call& c) {
        must_be_known(c.given, T{});
        return result_of([&] { return (part_of<Part>(sim).*act)(c.given.get<T>()); });
    };
}

// A call for the object of the path. Its other forms take a member or a value besides.
template <class Part, class Result>
handler on_object(Result (Part::*act)(const std::string&) const)
{
    return [act](const control& sim, const call& c) {
        must_be_known(c.given, json::object());
        return result_of([&] { return (part_of<Part>(sim).*act)(c.id); });
    };
}

template <class Part, class Result>
handler on_object(Result (Part::*act)(const std::string&, const std::string&) const, const char* member)
{
    return [act, member](const control& sim, const call& c) {
        return result_of([&] { return (part_of<Part>(sim).*act)(c.id, text(c, member)); });
    };
}

template <class T, class Part, class Result>
handler changing(Result (Part::*act)(const std::string&, const T&) const)
{
    return [act](const control& sim, const call& c) {
        must_be_known(c.given, T{});
        return result_of([&] { return (part_of<Part>(sim).*act)(c.id, c.given.get<T>()); });
    };
}

template <class Part, class Result>
handler with_text(const char* member, Result (Part::*act)(const std::string&) const)
{
    return [act, member](const control& sim, const call& c) {
        return result_of([&] { return (part_of<Part>(sim).*act)(text(c, member)); });
    };
}

json set(const control& sim, const call& c)
{
    sim.set(c.given);
    return json::object();
}

json release(const control& sim, const call& c)
{
    must_be_known(c.given, {{"discard", false}});
    return {{"released", sim.release(c.given.value("discard", false))}};
}

json log(const control& sim, const call& c)
{
    must_be_known(c.given, control::match{});
    return sim.log(c.given.get<control::match>());
}

json history(const control& sim, const call& c)
{
    return sim.history(text(c, "id"));
}

const std::vector<route> routes = {
    {"GET", {"endpoints"}, plain(&control::endpoints)},
    {"PATCH", {"settings"}, set},
    {"POST", {"projects"}, with_text("name", &control::add_project)},
    {"POST", {"users"}, taking<control::user_order>(&control::add_user)},
    {"POST",
     {"application-credentials"},
     taking<control::credential_order>(&control::add_application_credential)},
    {"DELETE", {"application-credentials", "*"}, on_object(&control::remove_application_credential)},
    {"POST", {"tokens", "revoke"}, with_text("user", &control::revoke_tokens)},
    {"POST", {"load-balancers"}, taking(&control::add_load_balancer)},
    {"GET", {"load-balancers", "*"}, on_object(&control::show_load_balancer)},
    {"PATCH", {"load-balancers", "*"}, on_object(&control::set_load_balancer_status, "provisioning_status")},
    {"DELETE", {"load-balancers", "*"}, on_object(&control::remove_load_balancer)},
    {"POST", {"listeners"}, taking(&control::add_listener)},
    {"GET", {"listeners", "*"}, on_object(&control::show_listener)},
    {"PATCH", {"listeners", "*"}, on_object(&control::set_listener_status, "provisioning_status")},
    {"DELETE", {"listeners", "*"}, on_object(&control::remove_listener)},
    {"GET", {"listeners", "*", "tls"}, on_object(&control::tls, "server_name")},
    {"POST", {"certificates"}, taking(&control::add_certificate)},
    {"POST", {"certificates", "*", "complete"}, on_object(&control::complete_certificate)},
    {"DELETE", {"certificates", "*"}, on_object(&control::remove_certificate, "part")},
    {"POST", {"bycloud", "credentials"}, taking(&bycloud_control::add_credential)},
    {"DELETE", {"bycloud", "credentials", "*"}, on_object(&bycloud_control::remove_credential)},
    {"POST", {"bycloud", "certificates"}, taking(&bycloud_control::add_certificate)},
    {"GET", {"bycloud", "certificates", "*"}, on_object(&bycloud_control::show_certificate)},
    {"PATCH", {"bycloud", "certificates", "*"}, changing(&bycloud_control::set_certificate)},
    {"DELETE", {"bycloud", "certificates", "*"}, on_object(&bycloud_control::remove_certificate)},
    {"POST", {"bycloud", "listeners"}, taking(&bycloud_control::add_listener)},
    {"DELETE", {"bycloud", "listeners", "*"}, on_object(&bycloud_control::remove_listener)},
    {"GET", {"bycloud", "listeners", "*", "tls"}, on_object(&bycloud_control::tls, "server_name")},
    {"GET", {"bycloud", "bindings"}, with_text("listener", &bycloud_control::bindings)},
    {"POST", {"bycloud", "bindings"}, taking(&bycloud_control::add_binding)},
    {"PATCH", {"bycloud", "bindings", "*"}, changing(&bycloud_control::set_binding)},
    {"DELETE", {"bycloud", "bindings", "*"}, on_object(&bycloud_control::remove_binding)},
    {"GET", {"bycloud", "counts"}, plain(&bycloud_control::counts)},
    {"POST", {"rules"}, taking(&control::add_rule)},
    {"DELETE", {"rules"}, plain(&control::remove_rules)},
    {"GET", {"held"}, plain(&control::held)},
    {"POST", {"held", "release"}, release},
    {"GET", {"log"}, log},
    {"GET", {"history"}, history},
};

// The segment that the path of the route leaves open.
std::string id_in(const target& url, const route& known)
{
    const auto open = std::ranges::find(known.path, "*");
    return open == known.path.end() ? "" : url.segments[static_cast<std::size_t>(open - known.path.begin())];
}

reply respond(int status, const json& body)
{
    return make_reply(status, body.dump() + "\n", "application/json", {});
}

}  // namespace

reply control_api::answer(const request& asked) const
{
    auto url = parse_target(asked.target);
    if (!url.segments.empty() && url.segments.front() == "control")
    {
        url.segments.erase(url.segments.begin());
    }
    for (const auto& known : routes)
    {
        if (asked.method != known.method || !url.is(known.path))
        {
            continue;
        }
        try
        {
            call c{.id = id_in(url, known), .given = url.query};
            c.given.update(asked.body.empty() ? json::object() : json::parse(asked.body));
            return respond(200, known.handle(control_, c));
        }
        catch (const std::exception& e)
        {
            return respond(400, {{"error", e.what()}});
        }
    }
    return respond(404, {{"error", "no such call: " + asked.method + " " + asked.target}});
}

}  // namespace cloudsim
