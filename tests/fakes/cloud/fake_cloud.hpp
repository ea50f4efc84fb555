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

// A cloud of one process: cloud_rows behind the interface of the controller, PENDING for a while after a PUT.
class fake_cloud final : public cloud::client, public cloud_rows
{
public:
    explicit fake_cloud(support::clock& clock) : clock_(clock) {}

    support::duration pending_for = std::chrono::milliseconds(300);
    support::duration put_takes{};  // before it takes effect
    int most_puts_at_a_time = 0;    // of one load balancer

    struct put_record
    {
        support::uuid listener;
        cloud::listener_change change;
    };
    std::vector<put_record> puts;
    std::list<put_record> under_way;  // of these, what may still take effect

    // What a PUT does instead of the usual: an error that is given without effect.
    std::function<std::optional<cloud::error>(const put_record&)> before_put;
    // An error that is given although the PUT takes effect.
    std::function<std::optional<cloud::error>(const put_record&)> after_put;
    std::optional<cloud::error> listener_error;
    std::map<std::string, cloud::error> failing;  // by listener
    int listener_reads = 0;
    std::map<std::string, int> reads_of;  // by listener
    support::duration listener_takes{};   // a read of one
    support::duration look_up_takes{};
    support::duration certificate_takes{};
    std::map<std::string, support::time_point> certificate_read;  // by id: when it was last asked for
    std::function<void(const put_record&)> seen_at_put;

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

private:
    support::task<> take_time(put_record put);
    void let_time_pass();

    support::clock& clock_;
    std::map<support::uuid, support::time_point> pending_until_;
};

}  // namespace test
