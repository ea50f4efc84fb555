#pragma once

#include "cloud/client.hpp"
#include "cloud/openstack/service_client.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"
#include "support/uuid.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

// Certificates in Barbican (https://docs.openstack.org/api-ref/key-manager/): a container of type
// "certificate" whose parts are secrets, or one secret that holds a PKCS12 bundle.
namespace cloud::openstack {

// The metadata of a secret; its payload is another request.
struct secret_metadata
{
    container_ref ref;
    std::string status;
    std::string content_type;  // of the payload; empty: it has none

    bool is_usable() const { return status == "ACTIVE" && !content_type.empty(); }
};

struct container_part
{
    std::string name;
    support::uuid secret;
};

struct container
{
    container_ref ref;
    std::string type;
    std::string status;
    std::vector<container_part> parts;

    // The part of that name; null if none is listed.
    const container_part* find(std::string_view name) const;
    // The first part that a certificate needs and that is not listed; empty if none is missing.
    std::string_view missing_part() const;
};

// The bodies of GET /v1/secrets/<id> and /v1/containers/<id>; the error says what is odd about them.
std::expected<secret_metadata, std::string> read_secret(std::string_view body, support::uuid id);
std::expected<container, std::string> read_container(std::string_view body, support::uuid id);

// What is kept of a payload.
struct payload_facts
{
    std::optional<support::wall_time> expires_at;  // empty if it holds no certificate
    std::string no_bundle;  // why it is no PKCS12 bundle that opens without a pass phrase
};

class barbican final
{
public:
    // `services` must outlive it.
    explicit barbican(service_client& services) : services_(services) {}

    // As client::get_certificate and client::look_up.
    support::task<answer<certificate>> get_certificate(
        std::string region, support::uuid id, std::optional<support::wall_time> known_expires_at
    );
    support::task<ref_state> look_up(std::string region, container_ref ref);

private:
    support::task<answer<container>> get_container(std::string region, support::uuid id);
    support::task<answer<secret_metadata>> get_secret(std::string region, support::uuid id);
    // The secrets of `parts`, in their order.
    support::task<std::vector<answer<secret_metadata>>> get_parts(
        std::string region, std::vector<container_part> parts
    );
    support::task<answer<certificate>> certificate_of(std::string region, container found, bool wants_expiry);
    support::task<ref_state> look_up_container(std::string region, support::uuid id);

    // Nothing, if it cannot be read. Each payload is read once.
    support::task<payload_facts> read_payload(std::string region, support::uuid id, std::string content_type);

    service_client& services_;
    std::unordered_map<support::uuid, payload_facts> payloads_;  // by secret
};

}  // namespace cloud::openstack
