#pragma once

#include "binding/events/event_sink.hpp"
#include "binding/index/binding_index.hpp"
#include "support/clock.hpp"

#include <vector>

namespace binding {

// Warns when the certificate of a binding is about to expire: `days` before, for each of the days. A
// certificate that becomes known late gets one warning, with the nearest day. After a restart the last
// warning is repeated, because no warning is stored.
class expiry_warnings
{
public:
    expiry_warnings(support::clock& clock, event_sink& events, std::vector<int> days);

    // A binding has changed. `before` is null for a created object, `after` for a deleted one.
    void changed(const certificate_binding* before, const certificate_binding* after);

    // Warns for every day that has begun since the last check.
    void check(const binding_index& all);

private:
    void warn(
        const certificate_binding& binding, std::optional<support::wall_time> last, support::wall_time now
    );

    support::clock& clock_;
    event_sink& events_;
    std::vector<int> days_;
    // changed() warns for days up to here and check() for days from here on, so that no warning comes twice.
    support::wall_time checked_;
};

}  // namespace binding
