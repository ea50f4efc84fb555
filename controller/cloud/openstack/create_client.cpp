#include "cloud/openstack/create_client.hpp"

#include "cloud/openstack/barbican.hpp"
#include "cloud/openstack/keystone.hpp"
#include "cloud/openstack/octavia.hpp"
#include "cloud/openstack/service_client.hpp"

#include <utility>

namespace cloud::openstack {
namespace {

class openstack_client final : public client
{
public:
    openstack_client(
        net::http_client& http,
        support::clock& clock,
        support::random_engine& random,
        cloud_entry entry,
        support::duration timeout,
        support::offload& offload
    )
        : entry_(std::move(entry)),
          keystone_(http, clock, entry_, random, timeout),
          services_(http, clock, entry_, keystone_, timeout),
          barbican_(services_, offload),
          octavia_(services_)
    {}

    support::task<answer<project_scope>> locate(std::string region) override
    {
        return services_.locate(std::move(region));
    }

    support::task<answer<certificate>> get_certificate(
        std::string region, support::uuid id, std::optional<support::wall_time> known_expires_at
    ) override
    {
        return barbican_.get_certificate(std::move(region), id, known_expires_at);
    }

    support::task<answer<listener>> get_listener(std::string region, support::uuid id) override
    {
        return octavia_.get_listener(std::move(region), id);
    }

    support::task<answer<load_balancer>> get_load_balancer(std::string region, support::uuid id) override
    {
        return octavia_.get_load_balancer(std::move(region), id);
    }

    support::task<answer<listener>> update_listener(
        std::string region, support::uuid id, listener_change change, support::time_point deadline
    ) override
    {
        return octavia_.update_listener(std::move(region), id, std::move(change), deadline);
    }

    support::task<ref_state> look_up(std::string region, container_ref ref) override
    {
        return barbican_.look_up(std::move(region), std::move(ref));
    }

    support::task<answer<std::monostate>> list_listeners(
        std::string region, std::size_t most_pages, std::function<void(std::vector<listener>)> take
    ) override
    {
        return octavia_.list_listeners(std::move(region), most_pages, std::move(take));
    }

    support::task<answer<std::monostate>> list_load_balancers(
        std::string region,
        std::size_t most_pages,
        std::function<void(std::vector<listed_load_balancer>)> take
    ) override
    {
        return octavia_.list_load_balancers(std::move(region), most_pages, std::move(take));
    }

    support::task<answer<std::monostate>> list_usable_certificates(
        std::string region, std::size_t most_pages, std::function<void(std::vector<support::uuid>)> take
    ) override
    {
        return barbican_.list_usable_certificates(std::move(region), most_pages, std::move(take));
    }

private:
    cloud_entry entry_;
    keystone keystone_;
    service_client services_;
    barbican barbican_;
    octavia octavia_;
};

}  // namespace

std::unique_ptr<client> create_client(
    net::http_client& http,
    support::clock& clock,
    support::random_engine& random,
    cloud_entry entry,
    support::duration timeout,
    support::offload& offload
)
{
    return std::make_unique<openstack_client>(http, clock, random, std::move(entry), timeout, offload);
}

}  // namespace cloud::openstack
