#pragma once

#include "binding/reconcile/pass.hpp"

namespace binding {

// Asks the cloud what the plan wants to know; the answers go to the memory of the target.
class gather
{
public:
    explicit gather(round_parts parts) : parts_(parts) {}

    support::task<> look_at(round& r, look asked);

private:
    support::task<> look_at_listener(round& r);
    support::task<> look_at_load_balancer(round& r);
    support::task<> look_at_certificate(round& r, support::uuid uid);
    support::task<> look_at_ref(const round& r, std::string ref);
    // Rule 4: every other listener with a binding of ours on this load balancer.
    support::task<> look_at_neighbours(round& r);
    support::task<> read_neighbour(
        const round& r, support::uuid balancer, neighbour& seen, std::vector<std::string>& refs
    );
    support::task<> look_at_neighbours_ref(const round& r, target target, std::string ref);
    void judge_neighbour(const round& r, neighbour& seen, const std::vector<std::string>& refs) const;
    // Rule 4: whether refs of ours on other listeners look dead as well.
    support::task<survey> look_around(const round& r);
    static support::task<> survey_ref(const round& r, std::string ref, survey& seen);
    bool may_be_behind(const round& r, support::uuid balancer, const target& where) const;
    bool may_be_written(const target& where, std::size_t refs) const;
    bool holds_anything(const target& where) const;
    // Whether it is ours, put there through this cloud and project.
    bool holds(const target& where, const std::string& ref, const cloud::place& here) const;

    round_parts parts_;
};

}  // namespace binding
