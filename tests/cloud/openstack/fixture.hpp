#pragma once

#include "cloud/openstack/captured.hpp"
#include "cloud/openstack/clouds_yaml.hpp"
#include "cloud/openstack/fake_http.hpp"
#include "cloud/openstack/keystone.hpp"
#include "cloud/openstack/service_client.hpp"
#include "support/backoff.hpp"
#include "support/log.hpp"
#include "support/loop.hpp"
#include "support/uuid.hpp"

#include <string>

namespace test {

// The parts of one client over a scripted cloud. Its Keystone issues token-1, token-2, ..., each for one
// hour.
class openstack : public loop
{
protected:
    static inline const std::string ask_token = "POST http://127.0.0.1:15000/v3/auth/tokens";
    static inline const std::string get_listener =
        "GET " + captured::load_balancing + "/listeners/" + captured::listener_id;
    static inline const std::string put_listener =
        "PUT " + captured::load_balancing + "/listeners/" + captured::listener_id;

    openstack()
    {
        http.on(ask_token, [this](const net::http_request&) -> fake_http::reply {
            return captured::token("token-" + std::to_string(++tokens_issued));
        });
    }

    static cloud::openstack::cloud_entry password_entry()
    {
        cloud::openstack::cloud_entry entry;
        entry.cloud = "prod";
        entry.keystone = net::parse_url("http://127.0.0.1:15000/v3").value();
        entry.interfaces = {"public"};
        entry.user = {.name = "alice", .domain_name = "Default"};
        entry.project = {.name = "shop", .domain_id = "default"};
        entry.secret = support::secret("password-canary");
        return entry;
    }

    static support::uuid id(const std::string& text) { return support::uuid::parse(text).value(); }

    // The token of request `number`.
    std::string token_of(std::size_t number) const
    {
        return std::string(net::find_header(http.requests().at(number).headers, "X-Auth-Token"));
    }

    support::log_capture log;
    int tokens_issued = 0;
    fake_http http{clock()};
    support::random_engine random{7};
    cloud::openstack::cloud_entry entry = password_entry();
    cloud::openstack::keystone keystone{http, clock(), entry, random};
    cloud::openstack::service_client services{http, clock(), entry, keystone};
};

}  // namespace test
