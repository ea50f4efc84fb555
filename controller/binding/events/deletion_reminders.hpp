#pragma once

#include "binding/events/event_sink.hpp"
#include "binding/index/binding_index.hpp"
#include "support/clock.hpp"

namespace binding {

// Repeats, each hour, the event of each deletion that needs a person, because a deletion that GitOps tools
// have forgotten shows nowhere else.
class deletion_reminders
{
public:
    deletion_reminders(support::clock& clock, event_sink& events);

    // Records the reminders that are due since the last check.
    void check(const binding_index& all);

private:
    support::clock& clock_;
    event_sink& events_;
    support::wall_time checked_;
};

}  // namespace binding
