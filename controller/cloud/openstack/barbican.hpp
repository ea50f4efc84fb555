#pragma once

#include "cloud/client.hpp"
#include "cloud/openstack/barbican_answers.hpp"
#include "cloud/openstack/service_client.hpp"
#include "support/clock.hpp"
#include "support/offload.hpp"
#include "support/task.hpp"
#include "support/turn.hpp"
#include "support/uuid.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

// Certificates in Barbican (https://docs.openstack.org/api-ref/key-manager/): a container of type
// "certificate" whose parts are secrets, or one secret that holds a PKCS12 bundle.
// JSON is parsed by nlohmann-json in all of openstack/, because the answers are small and read as a whole.
namespace cloud::openstack {

// The facts about a payload that are kept; the payload itself is wiped.
struct payload_facts
{
    std::optional<support::wall_time> expires_at;  // empty if there is no certificate in the payload
    // Why the payload is not a PKCS12 bundle that opens without a pass phrase; empty if it is one.
    std::string no_bundle;
};

class barbican final
{
public:
    // Both must outlive it. Payloads, which are untrusted, are read in `offload`, one at a time.
    barbican(service_client& services, support::offload& offload) : services_(services), offload_(offload) {}

    // As client::get_certificate and client::look_up.
    support::task<answer<certificate>> get_certificate(
        std::string region, support::uuid id, std::optional<support::wall_time> known_expires_at
    );
    support::task<ref_state> look_up(std::string region, container_ref ref);

    // As client::list_usable_certificates: the secrets, then the containers.
    support::task<answer<std::monostate>> list_usable_certificates(
        std::string region, std::size_t most_pages, std::function<void(std::vector<support::uuid>)> take
    );

private:
    // Gives the items of "secrets" or "containers" away page by page, in at most `most_pages` pages. Returns
    // how many pages are left. `order`: of the items, as a query.
    support::task<answer<std::size_t>> list(
        std::string_view kind,
        std::string_view order,
        std::string region,
        std::size_t most_pages,
        std::function<void(const nlohmann::json&)> take_items
    );
    // not_found: there is no container, or no secret, of this id.
    support::task<answer<certificate>> get_as(
        bool is_secret,
        std::string region,
        support::uuid id,
        std::optional<support::wall_time> known_expires_at
    );
    support::task<answer<certificate>> get_from_container(
        std::string region, support::uuid id, std::optional<support::wall_time> known_expires_at
    );
    support::task<answer<certificate>> get_from_secret(
        std::string region, support::uuid id, std::optional<support::wall_time> known_expires_at
    );
    support::task<answer<container>> get_container(std::string region, support::uuid id);
    support::task<answer<secret_metadata>> get_secret(std::string region, support::uuid id);
    // The metadata of `parts`, in their order.
    support::task<std::vector<answer<secret_metadata>>> get_parts(
        std::string region, std::vector<container_part> parts
    );
    support::task<answer<certificate>> certificate_of(
        std::string region, container metadata, bool wants_expiry
    );
    support::task<ref_state> look_up_container(std::string region, support::uuid id);

    // Empty facts if the payload cannot be read. Each payload is read once.
    support::task<payload_facts> read_payload(std::string region, support::uuid id, std::string content_type);
    support::task<payload_facts> facts_of(std::string payload);

    service_client& services_;
    support::offload& offload_;
    support::turn payload_turn_;
    bool found_secret_last_ = false;                             // by get_certificate()
    std::unordered_map<support::uuid, payload_facts> payloads_;  // by id of the secret
};

}  // namespace cloud::openstack
