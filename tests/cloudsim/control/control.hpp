#pragma once

#include "cloudsim/support/message.hpp"
#include "cloudsim/support/text.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

// The control API for tests in C++: the same calls on a cloud in this process and on a program that runs.
//
//     control sim([&](const request& r) { return cloud.control(r, now()); });   // in process
//     control sim(over_http(port));                                           // http/transport.hpp
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
// What the API refuses throws control_error: a test that asks for the impossible is wrong.
namespace cloudsim {

class cloud;

struct control_error : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

class control
{
public:
    using transport = std::function<reply(const request&)>;

    explicit control(transport send) : send_(std::move(send)) {}

    // Any call of the table in README.md: path below /control.
    json call(const std::string& method, const std::string& path, const json& body = {}) const;

    // --- who there is

    struct credential
    {
        std::string id;
        std::string secret;
        std::string project_id;
    };

    std::string add_project(const std::string& name, const std::string& id = "") const;
    // With the roles of a usual tenant, unless others are given. The password is "secret".
    std::string add_user(
        const std::string& name,
        const std::string& project,
        const std::optional<std::set<std::string>>& roles = {}
    ) const;
    credential add_application_credential(const std::string& user, const std::string& project) const;
    void remove_application_credential(const std::string& id) const;
    // Ends the tokens of a user (empty: of all), at once and everywhere.
    void revoke_tokens(const std::string& user = "") const;

    // --- what there is

    struct load_balancer_order
    {
        std::string project{};
        std::string region{};  // empty: the first
        std::string id{};      // empty: a new one
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
        std::string id{};
    };

    struct certificate_order
    {
        std::string project{};
        std::string kind = "container";  // pkcs12, pem (one secret that Octavia cannot use), ca
        std::vector<std::string> names = {"www.example.com"};  // none: no subject at all
        std::string state =
            "active";  // no_payload (see complete_certificate), no_key, expired (Barbican: 404)
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
    void complete_certificate(const std::string& id) const;
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
    // What a TLS client of the listener gets.
    tls_answer tls(const std::string& listener, const std::string& server_name = "") const;

    // --- faults

    struct match
    {
        std::string service{};  // identity, key-manager, load-balancer; empty: any
        std::string method{};
        std::string path{};                      // a regular expression, searched in path and query
        std::uint64_t skip = 0;                  // so many pass first
        std::optional<std::uint64_t> times = 1;  // empty: all
        std::string when = "before";             // before, during, after: see rules.hpp
    };

    struct false_reply
    {
        int status = 503;
        std::string body = "<html><body>503 Service Unavailable</body></html>";
        std::string content_type = "text/html";
        std::map<std::string, std::string> headers{};
    };

    struct held_request
    {
        std::uint64_t exchange = 0;
        std::string service;
        std::string method;
        std::string path;
        std::string when;
    };

    std::uint64_t hold(const match& which) const;
    std::uint64_t fail(const match& which, const false_reply& with) const;
    std::uint64_t drop(const match& which) const;
    std::uint64_t cut(const match& which, std::size_t bytes) const;
    std::uint64_t delay(const match& which, duration wait) const;
    void remove_rules() const;
    std::vector<held_request> held() const;
    // Lets the held go on, or (discard) ends them as if they had never arrived. How many there were.
    std::size_t release(bool discard = false) const;

    // By the names of README.md: {"pending_ms": 500}, {"down": ["key-manager"]}, {"measured_times": true}, …
    void set(const json& settings) const;
    // An empty url takes the entry out; an empty interface means all three.
    void set_catalog(
        const std::string& type,
        const std::string& region,
        const std::optional<std::string>& url,
        const std::string& interface = ""
    ) const;

    // --- what was asked

    struct logged_request
    {
        std::uint64_t sequence = 0;
        std::string service;
        std::string region;
        std::string method;
        std::string path;
        json body;                  // of writes to Octavia
        std::optional<int> status;  // empty: not answered
        std::string state;          // under_way, held, answered, dropped, cut, refused, discarded
        bool client_gone = false;
    };

    // One commit of a listener or load balancer.
    struct change
    {
        std::uint64_t sequence = 0;
        std::string cause;  // post, put, delete, worker, control
        json object;
    };

    std::vector<logged_request> log(const match& which, std::uint64_t after = 0) const;
    std::vector<logged_request> log() const { return log(match{}); }
    std::vector<change> history(const std::string& id = "", std::uint64_t after = 0) const;
    // The PUTs of listeners that were asked for, refused ones included.
    std::size_t puts(std::uint64_t after = 0) const;
    // The number of the last entry of log and history.
    std::uint64_t last_sequence() const;

private:
    transport send_;
};

}  // namespace cloudsim
