#pragma once

#include "cloud/client.hpp"
#include "cloud/openstack/service_client.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"
#include "support/uuid.hpp"

#include <expected>
#include <string>
#include <string_view>

// Listeners and load balancers in Octavia (https://docs.openstack.org/api-ref/load-balancer/v2/).
namespace cloud::openstack {

// Read a body that shows a listener or load balancer; the error says what is wrong with it.
std::expected<listener, std::string> read_listener(std::string_view body, support::uuid id);
std::expected<load_balancer, std::string> read_load_balancer(std::string_view body, support::uuid id);

// The body of a PUT, with the changed keys alone (narrow-writes).
std::string write_change(const listener_change& change);

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

private:
    service_client& services_;
};

}  // namespace cloud::openstack
