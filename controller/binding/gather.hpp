#pragma once

#include "binding/round.hpp"

namespace binding {

// Asks the cloud what the plan wants to know; the answers go to the memory of the target.
class gather
{
public:
    explicit gather(round_parts parts) : parts_(parts) {}

    support::task<> look_at(round& r, look asked);

private:
    support::task<> look_at_listener(target target);
    support::task<> look_at_load_balancer(target target);
    support::task<> look_at_certificate(target target, support::uuid uid);
    support::task<> look_at_ref(target target, std::string ref);
    // Rule 4: every other listener with a binding of ours on this load balancer.
    support::task<std::vector<neighbour>> look_at_neighbours(round& r);
    support::task<> look_at_neighbour(target other, support::uuid balancer, neighbour& seen);
    bool holds(const target& where, const std::string& ref) const;

    round_parts parts_;
};

}  // namespace binding
