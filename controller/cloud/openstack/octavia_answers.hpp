#pragma once

#include "cloud/client.hpp"
#include "support/uuid.hpp"

#include <nlohmann/json_fwd.hpp>

#include <expected>
#include <optional>
#include <string>
#include <string_view>

// The bodies of Octavia's answers and requests (https://docs.openstack.org/api-ref/load-balancer/v2/).
namespace cloud::openstack {

// Read a body that shows a listener or load balancer; the error says what is wrong with it.
std::expected<listener, std::string> read_listener(std::string_view body, support::uuid id);
std::expected<load_balancer, std::string> read_load_balancer(std::string_view body, support::uuid id);

// Read one item of a list, as strictly as a body.
std::expected<listener, std::string> read_listener(const nlohmann::json& object);
std::expected<listed_load_balancer, std::string> read_load_balancer(const nlohmann::json& object);

// The id of an object; empty if it has none, or no UUID.
std::optional<support::uuid> read_id(const nlohmann::json& object);

// The body of a PUT, with the changed keys alone (narrow-writes).
std::string write_change(const listener_change& change);

}  // namespace cloud::openstack
