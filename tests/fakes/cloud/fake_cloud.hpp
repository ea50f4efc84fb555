#pragma once

#include "cloud/client.hpp"
#include "fakes/cloud/cloud_rows.hpp"

#include <functional>
#include <list>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace test {

// A cloud inside this process: cloud_rows behind the interface of the controller. A load balancer is PENDING
// for a while after a PUT.
class fake_cloud final : public cloud::client, public cloud_rows
{
public:
    explicit fake_cloud(support::clock& clock) : clock_(clock) {}

    support::duration pending_for = std::chrono::milliseconds(300);
    support::duration put_takes{};  // before the PUT takes effect
    int most_puts_at_a_time = 0;    // at one load balancer

    struct put_record
    {
        support::uuid listener;
        cloud::listener_change change;
    };
    std::vector<put_record> puts;
    std::list<put_record> under_way;  // the PUTs that may still take effect

    // An error that refuses the PUT.
    std::function<std::optional<cloud::error>(const put_record&)> before_put;
    // An error that replaces the answer of a PUT that takes effect.
    std::function<std::optional<cloud::error>(const put_record&)> after_put;
    std::optional<cloud::error> listener_error;
    std::optional<cloud::error> load_balancer_error;
    std::map<std::string, cloud::error> failing;  // by listener
    int listener_reads = 0;
    std::map<std::string, int> reads_of;  // by listener
    support::duration listener_takes{};   // the time of a read
    support::duration look_up_takes{};
    support::duration certificate_takes{};
    std::map<std::string, support::time_point> certificate_read;  // by id: the last read
    std::function<void(const put_record&)> at_put;
    std::map<std::string, int> lists;  // asked for, by kind
    std::optional<cloud::error> list_error;
    std::set<std::string> unlisted_certificates;          // that a list lacks
    std::function<void()> at_list;                        // of listeners, before the page is made
    std::function<void(cloud::listener&)> change_listed;  // what a list shows of a listener

    support::task<cloud::answer<cloud::project_scope>> locate(std::string region) override;
    support::task<cloud::answer<cloud::certificate>> get_certificate(
        std::string region, support::uuid id, std::optional<support::wall_time> known_expires_at
    ) override;
    support::task<cloud::answer<cloud::listener>> get_listener(std::string region, support::uuid id) override;
    support::task<cloud::answer<cloud::load_balancer>> get_load_balancer(std::string region, support::uuid id)
        override;
    support::task<cloud::answer<cloud::listener>> update_listener(
        std::string region, support::uuid id, cloud::listener_change change, support::time_point deadline
    ) override;
    support::task<cloud::ref_state> look_up(std::string region, cloud::container_ref ref) override;
    support::task<cloud::answer<std::monostate>> list_listeners(
        std::string region, std::size_t most_pages, std::function<void(std::vector<cloud::listener>)> take
    ) override;
    support::task<cloud::answer<std::monostate>> list_load_balancers(
        std::string region,
        std::size_t most_pages,
        std::function<void(std::vector<cloud::listed_load_balancer>)> take
    ) override;
    support::task<cloud::answer<std::monostate>> list_usable_certificates(
        std::string region, std::size_t most_pages, std::function<void(std::vector<support::uuid>)> take
    ) override;

private:
    support::task<> take_time(put_record put);
    void let_time_pass();

    support::clock& clock_;
    std::map<support::uuid, support::time_point> pending_until_;
};

}  // namespace test
