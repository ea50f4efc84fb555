#pragma once

#include "cloudsim/cloud/exchanges.hpp"
#include "cloudsim/control/bycloud.hpp"
#include "cloudsim/support/text.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

// The control API in C++, by which tests set, break and read a cloud in this process:
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
// An impossible call throws control_error, because the test is wrong. http/remote_control.hpp has the same
// calls for the program.
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

    // --- users and projects; a call names them by id or by name

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

    // --- load balancers, listeners and certificates

    struct load_balancer_order
    {
        std::string project{};
        std::string region{};  // empty: the first region
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
        std::string id{};  // empty: a new id
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
        bool is_private = false;               // true: only its creator may read the certificate
        std::string user{};                    // the creator; empty: some user of the project
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
    // The listener is served at once, without lock or rights, like an old listener.
    std::string add_listener(const listener_order& wanted) const;
    certificate add_certificate(const certificate_order& wanted) const;
    // The payload of a certificate with state no_payload arrives.
    void complete_certificate(const std::string& id) const;
    // Sets the flag of a secret, or of a container and its secrets.
    void set_private(const std::string& id, bool is_private) const;
    // Removes the whole certificate, or one secret of a container (certificate, private_key, intermediates).
    void remove_certificate(const std::string& id, const std::string& part = "") const;
    void remove_listener(const std::string& id) const;
    void remove_load_balancer(const std::string& id) const;

    // --- states that are set past the API

    void set_listener_status(const std::string& id, const std::string& status) const;
    void set_load_balancer_status(const std::string& id, const std::string& status) const;
    // Sets the refs as another client's PUT would, but at once and without a lock. The worker does not run.
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
        std::optional<std::string> certificate;  // the ref; empty: no certificate is served
        std::string source;                      // the slot of the certificate: default, sni; or none

        bool operator==(const tls_answer&) const = default;
    };

    listener_state get_listener(const std::string& id) const;
    std::string load_balancer_status(const std::string& id) const;
    // The object as Octavia shows it. A listener also shows `served`, the list of the amphora, or null if the
    // listener is not in the configuration.
    json show_listener(const std::string& id) const;
    json show_load_balancer(const std::string& id) const;
    // The certificate that a TLS client of the listener gets.
    tls_answer tls(const std::string& listener, const std::string& server_name = "") const;

    // --- faults

    using match = request_match;

    void add_rule(const rule& wanted) const;
    void hold(const match& which) const { add_rule({which, "hold"}); }
    void fail(const match& which, const false_reply& with) const { add_rule({which, "reply", with}); }
    void drop(const match& which) const { add_rule({which, "drop"}); }
    void cut(const match& which, std::size_t bytes) const { add_rule({which, "cut", {}, bytes}); }
    void delay(const match& which, duration wait) const { add_rule({which, "delay", {}, 0, wait}); }
    void patch(const match& which, const json& changes) const
    {
        add_rule({which, "patch", {}, 0, {}, changes});
    }
    void remove_rules() const;
    std::vector<logged_request> held() const;
    // Lets the held requests go on, or with `discard` ends them as if they had never arrived. Answers with
    // their number.
    std::size_t release(bool discard = false) const;

    // Changes settings by their names in README.md: {"pending_ms": 500}, {"down": ["key-manager"]}, …
    void set(const json& settings) const;

    // --- log and history

    std::vector<logged_request> log(const match& which = {}, std::uint64_t after = 0) const;
    // The commits of a listener or load balancer, or of all.
    std::vector<state_change> history(const std::string& id = "", std::uint64_t after = 0) const;
    // The number of PUTs of listeners, refused ones included.
    std::size_t puts(std::uint64_t after = 0) const;
    // The number of the last entry of log and history.
    std::uint64_t last_sequence() const;

    // The URLs of the services.
    json endpoints() const;

    // The calls for ByCloud.
    bycloud_control bycloud() const { return {cloud_, now_}; }

private:
    cloud_parts& parts() const;
    // The service of the region that has the object; throws if no region has it.
    octavia& balancing_with(const std::string& id) const;
    barbican& secrets_with(const std::string& id) const;
    const listener& listener_of(const std::string& id) const;

    cloud& cloud_;
    std::function<instant()> now_;
};

}  // namespace cloudsim
