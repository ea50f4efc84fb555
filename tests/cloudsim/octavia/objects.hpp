#pragma once

#include "cloudsim/support/environment.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

// Load balancers and listeners, as Octavia's database and its amphora hold them.
namespace cloudsim {

struct load_balancer
{
    std::string id{};
    std::string project_id{};
    std::string name{};
    std::string provisioning_status = "ACTIVE";
    std::string vip_subnet_id{};
    std::string vip_port_id{};
    std::string vip_network_id{};
    std::string vip_address{};
    wall_time created_at{};
    std::optional<wall_time> updated_at{};

    bool locked() const { return provisioning_status != "ACTIVE"; }
};

// A certificate in the configuration that the amphora runs.
struct served_certificate
{
    std::string ref;
    std::string slot;                // default, sni
    std::vector<std::string> names;  // lower case, perhaps with a wildcard in front
};

struct listener
{
    std::string id{};
    std::string load_balancer_id{};
    std::string project_id{};
    std::string protocol{};
    int port = 0;
    std::string provisioning_status = "ACTIVE";
    std::string operating_status = "OFFLINE";
    std::optional<std::string> default_ref{};
    std::set<std::string> sni_refs{};
    std::optional<std::string> client_ca_ref{};
    std::optional<std::string> client_crl_ref{};
    json attributes{};  // the other attributes, by name; a PUT may change them
    wall_time created_at{};
    std::optional<wall_time> updated_at{};

    // The certificates that the amphora serves, in the order of its crt-list; empty: the listener is not in
    // the configuration.
    std::optional<std::vector<served_certificate>> served{};
};

json to_json(const load_balancer& row, const std::vector<std::string>& listener_ids);
json to_json(const listener& row);

// The attributes of a new listener of that protocol.
json default_attributes(const std::string& protocol);

// The certificate that the amphora serves to a TLS client that asks for `server_name` (empty: for no name);
// null: none. haproxy takes exact names before wildcards, the first of equals, and else the first certificate
// of all.
const served_certificate* served_for(const listener& by, const std::string& server_name);

}  // namespace cloudsim
