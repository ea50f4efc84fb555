#include "binding/status/reported.hpp"

namespace binding {

bool is_reported(const certificate_binding& object)
{
    return object.status.observed_generation == object.generation;
}

bool is_reported_as(const certificate_binding& object, reason why)
{
    const condition& ready = object.status[condition_type::ready];
    return ready.reason == why && ready.observed_generation == object.generation;
}

bool is_stalled_by(const certificate_binding& object, reason why)
{
    const condition& stalled = object.status[condition_type::stalled];
    return stalled.status == condition_status::true_ && stalled.reason == why &&
           stalled.observed_generation == object.generation;
}

bool was_verified(const certificate_binding& object)
{
    const condition& ready = object.status[condition_type::ready];
    return is_ready(object) ||
           (ready.status == condition_status::unknown && is_reported_as(object, reason::cloud_unavailable));
}

bool was_attached(const certificate_binding& object)
{
    return object.status[condition_type::attached].status == condition_status::true_;
}

}  // namespace binding
