#pragma once

#include "binding/events/event_sink.hpp"
#include "binding/index/binding_index.hpp"
#include "support/clock.hpp"

#include <vector>

namespace binding {

// Warns so many days before the certificate of a binding ends. Of a certificate that it learns of late, or
// after a restart, it tells once how near the end is; what it told before a restart is not known.
class expiry_warnings
{
public:
    expiry_warnings(support::clock& clock, event_sink& observer, std::vector<int> days);

    // An object has changed; null: it was not there / is gone.
    void changed(const certificate_binding* before, const certificate_binding* after);

    // Tells what came since the last look.
    void look(const binding_index& all);

private:
    void tell(
        const certificate_binding& binding, std::optional<support::wall_time> last, support::wall_time now
    );

    support::clock& clock_;
    event_sink& observer_;
    std::vector<int> days_;
    support::wall_time looked_;  // changed() goes up to here, look() on from here: nothing is told twice
};

}  // namespace binding
