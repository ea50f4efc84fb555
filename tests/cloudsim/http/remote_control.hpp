#pragma once

#include "cloudsim/control/json.hpp"
#include "cloudsim/http/remote_bycloud.hpp"

#include <cstdint>

namespace cloudsim {

// The control API of a program on this machine. control/control.hpp describes the calls.
class remote_control
{
public:
    explicit remote_control(std::uint16_t port) : port_(port) {}

    // Any call of the table in README.md, with its path below /control. Throws control_error if the call is
    // refused.
    json call(const std::string& method, const std::string& path, const json& body = {}) const;

    std::string add_project(const std::string& name) const { return add("projects", {{"name", name}}); }
    std::string add_user(const std::string& name, const std::string& project) const
    {
        return add("users", control::user_order{.name = name, .project = project});
    }
    control::credential add_application_credential(const std::string& user, const std::string& project) const
    {
        const control::credential_order wanted{.user = user, .project = project};
        return call("POST", "application-credentials", wanted).get<control::credential>();
    }
    void remove_application_credential(const std::string& id) const
    {
        call("DELETE", "application-credentials/" + id);
    }
    void revoke_tokens(const std::string& user = "") const
    {
        call("POST", "tokens/revoke", {{"user", user}});
    }

    std::string add_load_balancer(const control::load_balancer_order& wanted) const
    {
        return add("load-balancers", wanted);
    }
    std::string add_listener(const control::listener_order& wanted) const { return add("listeners", wanted); }
    control::certificate add_certificate(const control::certificate_order& wanted) const
    {
        return call("POST", "certificates", wanted).get<control::certificate>();
    }
    void complete_certificate(const std::string& id) const
    {
        call("POST", "certificates/" + id + "/complete");
    }
    void remove_certificate(const std::string& id, const std::string& part = "") const
    {
        call("DELETE", "certificates/" + id, part.empty() ? json::object() : json{{"part", part}});
    }
    void remove_listener(const std::string& id) const { call("DELETE", "listeners/" + id); }
    control::listener_state get_listener(const std::string& id) const;
    std::string load_balancer_status(const std::string& id) const;
    control::tls_answer tls(const std::string& listener, const std::string& server_name) const;

    void hold(const control::match& which) const { call("POST", "rules", rule{which, "hold"}); }
    void drop(const control::match& which) const { call("POST", "rules", rule{which, "drop"}); }
    void cut(const control::match& which, std::size_t bytes) const
    {
        call("POST", "rules", rule{which, "cut", {}, bytes});
    }
    void fail(const control::match& which, const false_reply& with) const
    {
        call("POST", "rules", rule{which, "reply", with});
    }
    void delay(const control::match& which, duration wait) const
    {
        call("POST", "rules", rule{which, "delay", {}, 0, wait});
    }
    void patch(const control::match& which, const json& changes) const
    {
        call("POST", "rules", rule{which, "patch", {}, 0, {}, changes});
    }
    void remove_rules() const { call("DELETE", "rules"); }
    std::vector<logged_request> held() const
    {
        return call("GET", "held").get<std::vector<logged_request>>();
    }
    std::size_t release() const { return call("POST", "held/release")["released"].get<std::size_t>(); }
    void set(const json& settings) const { call("PATCH", "settings", settings); }

    std::vector<logged_request> log(const control::match& which = {}) const
    {
        return call("GET", "log", which).get<std::vector<logged_request>>();
    }
    std::size_t puts() const
    {
        return log({.service = "load-balancer", .method = "PUT", .path = "/listeners/"}).size();
    }

    // The calls for ByCloud.
    remote_bycloud bycloud() const
    {
        return remote_bycloud([*this](const std::string& method, const std::string& path, const json& body) {
            return call(method, "bycloud/" + path, body);
        });
    }

private:
    std::string add(const std::string& kind, const json& wanted) const
    {
        return call("POST", kind, wanted)["id"].get<std::string>();
    }

    std::uint16_t port_;
};

}  // namespace cloudsim
