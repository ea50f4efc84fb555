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
    support::task<> read_neighbour(support::uuid balancer, neighbour& seen, std::vector<std::string>& refs);
    void judge_neighbour(neighbour& seen, const std::vector<std::string>& refs) const;
    bool may_be_written(const target& where) const;
    bool holds(const target& where, const std::string& ref) const;

    round_parts parts_;
};

}  // namespace binding
