#pragma once

#include "kube/client.hpp"
#include "runtime/lease_machine.hpp"
#include "support/clock.hpp"

#include <memory>
#include <string>

namespace runtime {

// What an election does with a Lease.
enum class lease_step
{
    get,
    create,
    patch,
    watch,
};

// The step of a request; `get` for a read.
lease_step step_of(const lease_action& request);

// The requests of an election for one Lease.
class lease_client
{
public:
    lease_client(kube::client& kube, support::clock& clock, std::string name_space, std::string name);

    // Sends a read, create or write.
    support::task<support::result<std::unique_ptr<kube::object_answer>>> send(lease_action request);
    support::task<support::result<std::unique_ptr<kube::watch_stream>>> watch(
        std::string version, int timeout_seconds
    );

private:
    micro_time wall_now();

    kube::client& kube_;
    support::clock& clock_;
    std::string name_space_;
    std::string name_;
    micro_time last_wall_{};
    support::time_point last_wall_at_{};
};

}  // namespace runtime
