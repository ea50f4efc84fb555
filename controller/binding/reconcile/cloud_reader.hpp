#pragma once

#include "binding/reconcile/reconcile_parts.hpp"
#include "binding/targets/other_listeners.hpp"

#include <memory>
#include <vector>

namespace binding {

// Sends the questions of a pass to the cloud, several at a time. The answers go to the pass.
class cloud_reader
{
public:
    explicit cloud_reader(reconcile_parts parts) : parts_(parts) {}

    support::task<> read(
        reconcile_pass& pass, std::shared_ptr<cloud::credential> with, binding::read questions
    );

private:
    // The pass that gets the answers, and the client that asks.
    struct reading
    {
        reconcile_pass& pass;
        cloud::client& client;
        std::string region;
    };

    // `then_load_balancer`: only the answer tells which load balancer is to be read.
    support::task<> read_listener(reading& of, bool then_load_balancer);
    support::task<> read_load_balancer(reading& of, support::uuid id);
    support::task<> read_certificate(reading& of, support::uuid binding);
    support::task<> look_up(reading& of, cloud::container_ref ref);
    support::task<> read_other_listeners(reading& of);
    support::task<> read_other_listener(reading& of, judged_listener& listener);
    support::task<> look_up_on_others(reading& of, cloud::container_ref ref, std::vector<target> holders);
    support::task<> check_endpoint(reading& of);
    static support::task<> check_ref(reading& of, cloud::container_ref ref, cloud::ref_state& state);

    reconcile_parts parts_;
};

}  // namespace binding
