#pragma once

#include "binding/reconcile/pass.hpp"

namespace binding {

// Asks the cloud what the plan wants to know; the answers go to the memory of the target.
class cloud_reader
{
public:
    explicit cloud_reader(pass_parts parts) : parts_(parts) {}

    support::task<> look_at(pass& r, read asked);

private:
    support::task<> look_at_listener(pass& r);
    support::task<> look_at_load_balancer(pass& r);
    support::task<> look_at_certificate(pass& r, support::uuid uid);
    support::task<> look_at_ref(const pass& r, cloud::container_ref ref);
    // Rule 4: every other listener with a binding of ours on this load balancer.
    support::task<> read_other_listeners(pass& r);
    support::task<> read_other_listener(
        const pass& r, support::uuid balancer, other_listener& seen, std::vector<cloud::container_ref>& refs
    );
    support::task<> read_ref_of_other_listener(const pass& r, target target, cloud::container_ref ref);
    void judge_other_listener(
        const pass& r, other_listener& seen, const std::vector<cloud::container_ref>& refs
    ) const;
    // Rule 4: whether refs of ours on other listeners look dead as well.
    support::task<endpoint_check> check_endpoint(const pass& r);
    static support::task<> check_endpoint_by(const pass& r, cloud::container_ref ref, endpoint_check& seen);
    bool may_be_behind(const pass& r, support::uuid balancer, const target& where) const;
    bool may_be_written(const target& where, std::size_t refs) const;
    bool holds_anything(const target& where) const;
    // Whether it is ours, put there through this cloud and project.
    bool holds(const target& where, const cloud::container_ref& ref, const cloud::project_scope& here) const;

    pass_parts parts_;
};

}  // namespace binding
