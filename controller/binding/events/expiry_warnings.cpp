#include "binding/events/expiry_warnings.hpp"

#include "binding/events/event_builders.hpp"
#include "support/log.hpp"

#include <utility>

namespace binding {

expiry_warnings::expiry_warnings(support::clock& clock, event_sink& observer, std::vector<int> days)
    : clock_(clock), observer_(observer), days_(std::move(days)), looked_(clock.wall())
{}

void expiry_warnings::changed(const certificate_binding* before, const certificate_binding* after)
{
    if (after != nullptr && expires_otherwise(before, *after))
    {
        tell(*after, std::nullopt, looked_);
    }
}

void expiry_warnings::look(const binding_index& all)
{
    const auto now = clock_.wall();
    all.each([&](const certificate_binding& each) { tell(each, looked_, now); });
    looked_ = now;
}

void expiry_warnings::tell(
    const certificate_binding& binding, std::optional<support::wall_time> last, support::wall_time now
)
{
    if (const auto what = expiry_warning(binding, days_, last, now))
    {
        support::log(
            support::log_level::warn, what->note, {{"binding", binding.full_name()}, {"reason", what->reason}}
        );
        observer_.happened(binding, *what);
    }
}

}  // namespace binding
