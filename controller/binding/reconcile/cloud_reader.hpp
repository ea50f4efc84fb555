#pragma once

#include "binding/reconcile/reconcile_parts.hpp"
#include "binding/targets/other_listeners.hpp"

#include <memory>

namespace binding {

// Asks the cloud what a pass wants to read, side by side, and feeds the pass with the answers.
class cloud_reader
{
public:
    explicit cloud_reader(reconcile_parts parts) : parts_(parts) {}

    support::task<> read(reconcile_pass& pass, std::shared_ptr<cloud::credential> with, binding::read asked);

private:
    // One read: whose answers go where, and through which client.
    struct reading
    {
        reconcile_pass& pass;
        cloud::client& client;
        std::string region;
    };

    support::task<> read_listener(reading& of);
    support::task<> read_load_balancer(reading& of);
    support::task<> read_certificate(reading& of, support::uuid binding);
    support::task<> look_up(reading& of, cloud::container_ref ref);
    support::task<> read_other_listeners(reading& of);
    support::task<> read_other_listener(reading& of, support::uuid load_balancer, judged_listener& judged);
    support::task<> look_up_on_other(reading& of, target other, cloud::container_ref ref);
    support::task<> check_endpoint(reading& of);
    static support::task<> check_ref(reading& of, cloud::container_ref ref, cloud::ref_state& state);

    reconcile_parts parts_;
};

}  // namespace binding
