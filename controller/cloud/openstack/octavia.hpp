#pragma once

#include "cloud/client.hpp"
#include "cloud/openstack/service_client.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"
#include "support/uuid.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// Listeners and load balancers in Octavia (https://docs.openstack.org/api-ref/load-balancer/v2/).
namespace cloud::openstack {

class octavia final
{
public:
    // `services` must outlive it.
    explicit octavia(service_client& services) : services_(services) {}

    // As the functions of client of the same name.
    support::task<answer<listener>> get_listener(std::string region, support::uuid id);
    support::task<answer<load_balancer>> get_load_balancer(std::string region, support::uuid id);
    support::task<answer<listener>> update_listener(
        std::string region, support::uuid id, listener_change change, support::time_point deadline
    );
    support::task<answer<std::monostate>> list_listeners(
        std::string region, std::size_t most_pages, std::function<void(std::vector<listener>)> take
    );
    support::task<answer<std::monostate>> list_load_balancers(
        std::string region,
        std::size_t most_pages,
        std::function<void(std::vector<listed_load_balancer>)> take
    );

private:
    // What is asked for, and in which steps.
    struct listing
    {
        std::string_view kind;    // the path below /lbaas, and the member of the answer that holds the items
        std::string_view fields;  // of an item, as a query
        std::size_t limit;        // of a page
    };

    // `take_items`: gets the items of a page, each of which has an id.
    support::task<answer<std::monostate>> list(
        listing wanted,
        std::string region,
        std::size_t most_pages,
        std::function<void(const nlohmann::json&)> take_items
    );

    service_client& services_;
};

}  // namespace cloud::openstack
