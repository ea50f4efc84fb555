#pragma once

#include "kube/client.hpp"
#include "runtime/lease_machine.hpp"
#include "support/clock.hpp"

#include <memory>
#include <optional>
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

    // Sends a read, create or write, and gives it up at `deadline` (errc::interrupted). Empty: there is no
    // Lease to read.
    support::task<support::result<std::optional<lease>>> send(
        lease_action request, support::time_point deadline
    );
    support::task<support::result<std::unique_ptr<kube::watch_stream>>> watch(
        std::string version, int timeout_seconds
    );

private:
    support::task<support::result<std::unique_ptr<kube::object_answer>>> ask(lease_action request);
    micro_time wall_now();

    kube::client& kube_;
    support::clock& clock_;
    std::string name_space_;
    std::string name_;
    micro_time last_wall_{};
    support::time_point last_wall_at_{};
};

}  // namespace runtime
