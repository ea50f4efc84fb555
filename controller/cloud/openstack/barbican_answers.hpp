#pragma once

#include "cloud/container_ref.hpp"
#include "support/uuid.hpp"

#include <nlohmann/json_fwd.hpp>

#include <expected>
#include <string>
#include <string_view>
#include <vector>

// The bodies of Barbican's answers (https://docs.openstack.org/api-ref/key-manager/).
namespace cloud::openstack {

// The metadata of a secret, without its payload.
struct secret_metadata
{
    container_ref ref;  // of a secret
    std::string status;
    std::string content_type;  // of the payload; empty: there is no payload

    support::uuid id() const { return ref.name()->id; }
    bool is_usable() const { return status == "ACTIVE" && !content_type.empty(); }
};

struct container_part
{
    std::string name;
    support::uuid secret;
};

struct container
{
    container_ref ref;  // of a container
    std::string type;
    std::string status;
    std::vector<container_part> parts;

    support::uuid id() const { return ref.name()->id; }
    bool is_certificate() const;
    // The part of that name; null if the container does not list it.
    const container_part* find(std::string_view name) const;
    // The first part that a certificate needs and the container does not list; empty if it lists all of them.
    std::string_view missing_part() const;
};

// Read the body of GET /v1/secrets/<id> or /v1/containers/<id>; the error says what is wrong with it.
std::expected<secret_metadata, std::string> read_secret(std::string_view body, support::uuid id);
std::expected<container, std::string> read_container(std::string_view body, support::uuid id);

// Read one item of a list, as strictly as a body.
std::expected<secret_metadata, std::string> read_secret(const nlohmann::json& object);
std::expected<container, std::string> read_container(const nlohmann::json& object);

}  // namespace cloud::openstack
