#pragma once

#include "runtime/lease_machine.hpp"
#include "support/error.hpp"

#include <functional>
#include <string>

namespace app {

// The election of a leader, in the flags that begin with --leader-elect, as kube-controller-manager has them.
struct leader_options
{
    bool elect = false;
    runtime::lease_times times;
    std::string name;        // of the Lease
    std::string name_space;  // of the Lease; empty: that of the pod or of the kubeconfig's context
};

// The same as text.
struct raw_leader
{
    std::string elect = "false";
    std::string lease_duration = "15s";
    std::string renew_deadline = "10s";
    std::string retry_period = "2s";
    std::string name = "certificate-binding-controller";
    std::string name_space;
};

// `given_by` names a flag as the user gave it. The error names the flag.
support::result<leader_options> understand(
    const raw_leader& raw, const std::function<std::string(const std::string& flag)>& given_by
);

}  // namespace app
