#pragma once

#include "cloudsim/support/text.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

// The control API for ByCloud:
//
//     const auto key = sim.bycloud().add_credential({});
//     const auto certificate = sim.bycloud().add_certificate({.domains = {"a.example.com"}});
//     const auto listener = sim.bycloud().add_listener({});
//     … POST /v1/certificates/{certificate}/bindings with X-Api-Key: key.api_key …
//     EXPECT_EQ(sim.bycloud().tls(listener, "a.example.com").certificate, certificate);
//
// An impossible call throws std::invalid_argument, because the test is wrong. http/remote_bycloud.hpp has the
// same calls for the program.
namespace cloudsim {

class cloud;
namespace bycloud {
class service;
}

class bycloud_control
{
public:
    bycloud_control(cloud& controlled, std::function<instant()> now)
        : cloud_(controlled), now_(std::move(now))
    {}

    struct credential_order
    {
        std::string id{};                       // empty: a new one
        std::string secret{};                   // empty: a new one
        std::string token{};                    // for Authorization: Bearer; empty: a new one
        std::string organization{};             // the credential sees the objects of its organization alone
        std::string rights = "all";             // all, read (403 for writes), none (403 for everything)
        std::optional<wall_time> expires_at{};  // 401 from then on
        std::string tier{};                     // of its rate limits; empty: the setting bycloud_tier
    };

    struct credential
    {
        std::string id;
        std::string secret;
        std::string token;
        std::string api_key;  // id:secret, the value of X-Api-Key
    };

    struct certificate_order
    {
        std::string name{};  // empty: a new one
        std::string type = "uploaded";
        std::vector<std::string> domains = {"www.example.com"};
        std::string status = "active";
        std::optional<wall_time> expires_at{};  // 90 days from now if active
        std::optional<std::string> error_message{};
        std::string organization{};
        std::string region{};  // empty: the first region
        std::string id{};      // empty: a new id
    };

    // Members that are left out do not change.
    struct certificate_change
    {
        std::optional<std::string> status{};
        std::optional<std::string> error_message{};
        std::optional<wall_time> expires_at{};
    };

    struct listener_order
    {
        std::string load_balancer{};  // empty: a new one
        std::string organization{};
        std::string region{};  // empty: the first region
        std::string id{};      // empty: a new id
    };

    struct listener
    {
        std::string id;
        std::string load_balancer;
    };

    // As another client's request would make it.
    struct binding_order
    {
        std::string certificate{};
        std::string listener{};
        bool sni = false;
        std::string status = "active";  // active, pending (until set_binding), error
        std::optional<std::string> error_message{};
    };

    struct binding_change
    {
        std::string status{};
        std::optional<std::string> error_message{};
    };

    struct tls_answer
    {
        std::optional<std::string> certificate;  // the id; empty: no binding's certificate is served
        std::string source;                      // default (sni: false), sni, none

        bool operator==(const tls_answer&) const = default;
    };

    struct usage
    {
        std::uint64_t admitted = 0;
        std::uint64_t limited = 0;  // answered with 429 by the rate limit
    };

    struct request_counts
    {
        // "GET /v1/certificates/*" and the like, ids as *, without the query. All that arrived count.
        std::map<std::string, std::uint64_t> requests;
        std::uint64_t limited = 0;                 // answered with 429, those of rules included
        std::map<std::string, usage> credentials;  // by the id of the credential
    };

    credential add_credential(const credential_order& wanted) const;
    void remove_credential(const std::string& id) const;

    std::string add_certificate(const certificate_order& wanted) const;
    void set_certificate(const std::string& id, const certificate_change& change) const;
    void remove_certificate(const std::string& id) const;  // its bindings stay
    json show_certificate(const std::string& id) const;    // as GET shows it

    listener add_listener(const listener_order& wanted) const;
    void remove_listener(const std::string& id) const;  // its bindings stay
    tls_answer tls(const std::string& listener, const std::string& server_name = "") const;

    std::string add_binding(const binding_order& wanted) const;
    void set_binding(const std::string& id, const binding_change& change) const;
    void remove_binding(const std::string& id) const;
    // The bindings on a listener, or all, as the API shows them.
    std::vector<json> bindings(const std::string& listener = "") const;

    request_counts counts() const;

private:
    bycloud::service& service() const;
    std::string region_of(const std::string& name) const;
    wall_time wall() const { return now_().wall; }

    cloud& cloud_;
    std::function<instant()> now_;
};

}  // namespace cloudsim
