#include "binding/events/deletion_reminders.hpp"

#include "binding/events/event_builders.hpp"

namespace binding {

deletion_reminders::deletion_reminders(support::clock& clock, event_sink& events)
    : clock_(clock), events_(events), checked_(clock.wall())
{}

void deletion_reminders::check(const binding_index& all)
{
    const auto now = clock_.wall();
    all.each([&](const certificate_binding& binding) {
        if (const auto reminder = deletion_reminder(binding, checked_, now))
        {
            events_.record(*reminder);
        }
    });
    checked_ = now;
}

}  // namespace binding
