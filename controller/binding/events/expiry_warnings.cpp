#include "binding/events/expiry_warnings.hpp"

#include "binding/events/event_builders.hpp"

#include <utility>

namespace binding {

expiry_warnings::expiry_warnings(support::clock& clock, event_sink& events, std::vector<int> days)
    : clock_(clock), events_(events), days_(std::move(days)), checked_(clock.wall())
{}

void expiry_warnings::changed(const certificate_binding* before, const certificate_binding* after)
{
    if (after != nullptr && expiry_has_changed(before, *after))
    {
        warn(*after, std::nullopt, checked_);
    }
}

void expiry_warnings::check(const binding_index& all)
{
    const auto now = clock_.wall();
    all.each([&](const certificate_binding& binding) { warn(binding, checked_, now); });
    checked_ = now;
}

void expiry_warnings::warn(
    const certificate_binding& binding, std::optional<support::wall_time> last, support::wall_time now
)
{
    if (const auto warning = expiry_warning(binding, days_, last, now))
    {
        events_.record(*warning);
    }
}

}  // namespace binding
