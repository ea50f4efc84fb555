#pragma once

#include "cloudsim/support/environment.hpp"

#include <optional>
#include <string>
#include <vector>

// The objects of ByCloud's certificate API, and their JSON as its pages show it.
namespace cloudsim::bycloud {

struct certificate
{
    std::string id{};
    std::string organization{};
    std::string region{};
    std::string name{};
    std::string type = "uploaded";  // acme, uploaded
    std::vector<std::string> domains{};
    std::string status = "active";  // one of certificate_statuses
    std::optional<wall_time> expires_at{};
    std::optional<wall_time> renew_after{};
    std::optional<std::string> error_message{};
    wall_time created_at{};
    wall_time updated_at{};
};

extern const std::vector<std::string> certificate_statuses;

// A certificate on a listener. Its organization and region are those of the certificate.
struct binding
{
    std::string id{};
    std::string certificate_id{};
    std::string region{};
    std::string resource_id{};  // the listener
    bool sni = false;
    std::string status = "active";  // active, pending, error
    std::optional<std::string> error_message{};
    wall_time created_at{};
    wall_time updated_at{};
};

struct listener
{
    std::string id{};
    std::string load_balancer_id{};
    std::string organization{};
    std::string region{};
};

constexpr auto listener_type = "octavia:listener";  // the only resource_type

// The form of lists.
json to_json(const certificate& shown);
// The form of one certificate: with its bindings and, while its DNS names are checked, dns_setup.
json to_json(const certificate& shown, const std::vector<const binding*>& bindings);
json to_json(const binding& shown);

}  // namespace cloudsim::bycloud
