#pragma once

#include "cloudsim/cloud/exchanges.hpp"
#include "cloudsim/support/text.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

// What tests in C++ set, break and read of a cloud in this process:
//
//     control sim(cloud, now);
//     const auto project = sim.add_project("tenant-a");
//     const auto user = sim.add_user("user-a", project);
//     const auto credential = sim.add_application_credential(user, project);
//     const auto certificate = sim.add_certificate({.project = project, .names = {"a.example.com"}});
//     const auto balancer = sim.add_load_balancer({.project = project});
//     const auto listener = sim.add_listener({.load_balancer = balancer, .default_ref = certificate.ref});
//     sim.hold({.method = "PUT", .when = "after"});
//     …
//     EXPECT_EQ(sim.tls(listener, "a.example.com").certificate, certificate.ref);
//
// What is impossible throws control_error: a test that asks for it is wrong. Of a program that runs,
// http/remote_control.hpp has the same calls.
namespace cloudsim {

class cloud;
class octavia;
class barbican;
struct listener;

using control_error = std::invalid_argument;

class control
{
public:
    control(cloud& controlled, std::function<instant()> now) : cloud_(controlled), now_(std::move(now)) {}

    // --- who there is; a user or project is named by id or name

    static inline const std::set<std::string> usual_roles = {
        "creator", "load-balancer_member", "member", "reader"
    };

    struct user_order
    {
        std::string name{};
        std::string project{};
        std::string password = "secret";
        std::set<std::string> roles = usual_roles;
    };

    struct credential_order
    {
        std::string user{};
        std::string project{};
        std::string name = "certd";
    };

    struct credential
    {
        std::string id;
        std::string secret;
        std::string project_id;
    };

    std::string add_project(const std::string& name) const;
    std::string add_user(const user_order& wanted) const;
    std::string add_user(
        const std::string& name, const std::string& project, const std::set<std::string>& roles = usual_roles
    ) const;
    credential add_application_credential(const credential_order& wanted) const;
    credential add_application_credential(const std::string& user, const std::string& project) const;
    void remove_application_credential(const std::string& id) const;
    // Ends the tokens of a user (empty: of all), at once and everywhere.
    void revoke_tokens(const std::string& user = "") const;

    // --- what there is

    struct load_balancer_order
    {
        std::string project{};
        std::string region{};  // empty: the first
    };

    struct listener_order
    {
        std::string load_balancer{};
        std::optional<std::string> default_ref{};
        std::set<std::string> sni_refs{};
        std::optional<std::string> client_ca_ref{};
        std::optional<std::string> client_crl_ref{};
        std::string protocol = "TERMINATED_HTTPS";
        int port = 443;
        std::string id{};  // empty: a new one
    };

    struct certificate_order
    {
        std::string project{};
        std::string kind = "container";  // pkcs12, pem (one secret that Octavia cannot use), ca
        std::vector<std::string> names = {"www.example.com"};  // none: no subject at all
        // active, no_payload (see complete_certificate), no_key, expired (Barbican: 404)
        std::string state = "active";
        std::optional<wall_time> not_after{};  // 90 days from now
        std::string pass_phrase{};             // of a pkcs12
        bool is_private = false;               // only its creator may read it
        std::string user{};                    // its creator; empty: some user of the project
        std::string region{};
        std::string id{};
        std::string status = "ACTIVE";
    };

    struct certificate
    {
        std::string id;
        std::string ref;
        std::string crl_ref;                         // of a ca
        std::map<std::string, std::string> secrets;  // of a container: part -> secret id
        wall_time not_after;
        std::string pem;
    };

    std::string add_load_balancer(const load_balancer_order& wanted) const;
    // Served at once. No lock, no rights: as if it had been there for long.
    std::string add_listener(const listener_order& wanted) const;
    certificate add_certificate(const certificate_order& wanted) const;
    // The payload arrives of one made with state no_payload.
    void complete_certificate(const std::string& id) const;
    // Also the secrets of a container.
    void set_private(const std::string& id, bool is_private) const;
    // The whole, or one secret of a container (certificate, private_key, intermediates).
    void remove_certificate(const std::string& id, const std::string& part = "") const;
    void remove_listener(const std::string& id) const;
    void remove_load_balancer(const std::string& id) const;

    // --- states, past the API

    void set_listener_status(const std::string& id, const std::string& status) const;
    void set_load_balancer_status(const std::string& id, const std::string& status) const;
    // As another writer's PUT leaves them, but at once and without a lock; the worker does not run.
    void set_listener_refs(
        const std::string& id,
        const std::optional<std::string>& default_ref,
        const std::set<std::string>& sni_refs
    ) const;

    struct listener_state
    {
        std::string status;
        std::optional<std::string> default_ref;
        std::set<std::string> sni_refs;
    };

    struct tls_answer
    {
        std::optional<std::string> certificate;  // its ref; empty: nothing is served
        std::string source;                      // the slot it is in: default, sni; or none

        bool operator==(const tls_answer&) const = default;
    };

    listener_state get_listener(const std::string& id) const;
    std::string load_balancer_status(const std::string& id) const;
    // As Octavia shows them; of a listener also what the amphora has, null if it is not in the configuration.
    json show_listener(const std::string& id) const;
    json show_load_balancer(const std::string& id) const;
    // What a TLS client of the listener gets.
    tls_answer tls(const std::string& listener, const std::string& server_name = "") const;

    // --- faults

    using match = request_match;

    void add_rule(const rule& wanted) const;
    void hold(const match& which) const { add_rule({which, "hold"}); }
    void fail(const match& which, const false_reply& with) const { add_rule({which, "reply", with}); }
    void drop(const match& which) const { add_rule({which, "drop"}); }
    void cut(const match& which, std::size_t bytes) const { add_rule({which, "cut", {}, bytes}); }
    void delay(const match& which, duration wait) const { add_rule({which, "delay", {}, 0, wait}); }
    void remove_rules() const;
    std::vector<logged_request> held() const;
    // Lets the held go on, or (discard) ends them as if they had never arrived. How many there were.
    std::size_t release(bool discard = false) const;

    // By the names of README.md: {"pending_ms": 500}, {"down": ["key-manager"]}, {"measured_times": true}, …
    void set(const json& settings) const;

    // --- what was asked

    std::vector<logged_request> log(const match& which = {}, std::uint64_t after = 0) const;
    // The commits of a listener or load balancer (empty: of all).
    std::vector<state_change> history(const std::string& id = "", std::uint64_t after = 0) const;
    // The PUTs of listeners that were asked for, refused ones included.
    std::size_t puts(std::uint64_t after = 0) const;
    // The number of the last entry of log and history.
    std::uint64_t last_sequence() const;

    // Where everything is.
    json endpoints() const;

private:
    cloud_parts& parts() const;
    // The service of the region that has the object; throws if none has.
    octavia& balancing_with(const std::string& id) const;
    barbican& secrets_with(const std::string& id) const;
    const listener& listener_of(const std::string& id) const;

    cloud& cloud_;
    std::function<instant()> now_;
};

}  // namespace cloudsim
