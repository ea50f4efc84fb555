#pragma once

#include "binding/events/event_sink.hpp"
#include "binding/index/binding_index.hpp"
#include "support/clock.hpp"

#include <vector>

namespace binding {

// Warns so many days before the certificate of a binding ends. Of a certificate that becomes known late, or
// after a restart, it warns once how near the end is; a restart forgets the warnings before it.
class expiry_warnings
{
public:
    expiry_warnings(support::clock& clock, event_sink& events, std::vector<int> days);

    // An object has changed; null: it was not there / is gone.
    void changed(const certificate_binding* before, const certificate_binding* after);

    // Warns of every day that has begun since the last check.
    void check(const binding_index& all);

private:
    void warn(
        const certificate_binding& binding, std::optional<support::wall_time> last, support::wall_time now
    );

    support::clock& clock_;
    event_sink& events_;
    std::vector<int> days_;
    // changed() warns of days up to here, check() of days from here on, so that no day is told twice.
    support::wall_time checked_;
};

}  // namespace binding
