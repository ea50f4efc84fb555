#pragma once

#include "cloudsim/control/json.hpp"

#include <functional>
#include <string>
#include <vector>

namespace cloudsim {

// The control API for ByCloud of a program on this machine. control/bycloud.hpp describes the calls.
class remote_bycloud
{
public:
    // Makes a call of the control API: method, path below /control/bycloud/, body.
    using caller = std::function<json(const std::string&, const std::string&, const json&)>;
    using here = bycloud_control;

    explicit remote_bycloud(caller call) : call_(std::move(call)) {}

    here::credential add_credential(const here::credential_order& wanted = {}) const
    {
        return call_("POST", "credentials", wanted).get<here::credential>();
    }
    void remove_credential(const std::string& id) const { call_("DELETE", "credentials/" + id, {}); }

    std::string add_certificate(const here::certificate_order& wanted) const
    {
        return call_("POST", "certificates", wanted)["id"].get<std::string>();
    }
    void set_certificate(const std::string& id, const here::certificate_change& change) const
    {
        call_("PATCH", "certificates/" + id, change);
    }
    void remove_certificate(const std::string& id) const { call_("DELETE", "certificates/" + id, {}); }
    json show_certificate(const std::string& id) const { return call_("GET", "certificates/" + id, {}); }

    here::listener add_listener(const here::listener_order& wanted = {}) const
    {
        return call_("POST", "listeners", wanted).get<here::listener>();
    }
    void remove_listener(const std::string& id) const { call_("DELETE", "listeners/" + id, {}); }
    here::tls_answer tls(const std::string& listener, const std::string& server_name = "") const
    {
        return call_(
                   "GET", "listeners/" + listener + "/tls", {{"server_name", server_name}}
        ).get<here::tls_answer>();
    }

    std::string add_binding(const here::binding_order& wanted) const
    {
        return call_("POST", "bindings", wanted)["id"].get<std::string>();
    }
    void set_binding(const std::string& id, const here::binding_change& change) const
    {
        call_("PATCH", "bindings/" + id, change);
    }
    void remove_binding(const std::string& id) const { call_("DELETE", "bindings/" + id, {}); }
    std::vector<json> bindings(const std::string& listener = "") const
    {
        return call_("GET", "bindings", {{"listener", listener}}).get<std::vector<json>>();
    }

    here::request_counts counts() const { return call_("GET", "counts", {}).get<here::request_counts>(); }

private:
    caller call_;
};

}  // namespace cloudsim
