#pragma once

#include "binding/events/event.hpp"
#include "support/clock.hpp"
#include "support/uuid.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace binding {

// Bounds what the API server is given to keep. Pure; time is an argument.
//
// Objects: an object gets 10 events at once, and then one a minute. The newest of those that have to wait is
// told when its time comes, in the place of the older ones.
// Bursts: where more than 20 bindings of a namespace change their state for one reason within a minute, one
// event of the namespace tells of the others: their number, and the newest of them.
// Order: of a binding, no change of state is told after a newer one. What waits is dropped when the event of
// the namespace tells of a newer change of the binding, and the event of the namespace names no binding that
// has changed since.
// Loss: the newest change of a binding is told, or counted by an event of the namespace that is told later.
class event_limits
{
public:
    // What is to be told now that this event happens.
    std::vector<event> record(const event& happened, support::time_point now);

    // What had to wait until now.
    std::vector<event> due(support::time_point now);

    // When due() has something; empty: nothing waits.
    std::optional<support::time_point> next_due() const { return next_due_; }

    // All that waits, for the end of the program.
    std::vector<event> take_waiting();

    // How many events another one tells of, since the start.
    std::size_t merged() const { return merged_; }

private:
    using object = std::pair<support::interned, support::uuid>;  // a namespace has no uid here

    struct allowance
    {
        support::time_point paid_until{
        };  // each event costs a minute; 10 may be spent before they are earned
        std::optional<event> waiting = {};
    };

    // Changes of one namespace for one reason.
    using common_cause = std::tuple<support::interned, std::string, bool>;
    struct burst
    {
        support::time_point began{};
        std::vector<support::uuid> told;   // bindings whose events are told one by one
        std::optional<event> newest = {};  // of the others
        bool newest_has_passed = false;    // its binding has changed since
        std::size_t others = 0;
        support::time_point tell_at{};
        std::optional<support::time_point> last_told = {};
    };

    void pass_by(const event& happened);
    bool joins_others(const event& happened, support::time_point now);
    std::optional<event> pay(const event& happened, support::time_point now);
    void forget_old(support::time_point now);
    void wait_until(support::time_point when);
    std::optional<support::time_point> soonest() const;

    std::map<object, allowance> allowances_;
    std::map<common_cause, burst> bursts_;
    support::time_point forget_at_{};
    std::optional<support::time_point> next_due_;
    std::size_t merged_ = 0;
};

}  // namespace binding
