#include "binding/resource/certificate_binding.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>
#include <utility>

namespace binding {

std::string_view name_of(slot value)
{
    return value == slot::default_ ? "default" : "sni";
}

std::string_view name_of(condition_type value)
{
    static constexpr std::array<std::string_view, condition_types> names{
        "Ready", "Reconciling", "Stalled", "CertificateActive", "Attached"
    };
    return names.at(static_cast<std::size_t>(value));
}

short_time short_time_of(support::wall_time time)
{
    using rep = short_time::rep;
    const auto seconds = std::clamp<std::int64_t>(
        time.time_since_epoch().count(), 0, std::int64_t{std::numeric_limits<rep>::max()}
    );
    return short_time(short_time::duration(static_cast<rep>(seconds)));
}

std::int32_t short_generation(std::int64_t generation)
{
    return std::in_range<std::int32_t>(generation) ? static_cast<std::int32_t>(generation) : -1;
}

bool certificate_binding::has_finalizer() const
{
    return finalizers.contains(finalizer);
}

bool older(const certificate_binding& a, const certificate_binding& b)
{
    return std::tie(a.created, a.uid) < std::tie(b.created, b.uid);
}

bool is_ready(const certificate_binding& object)
{
    const condition& ready = object.status[condition_type::ready];
    return ready.status == condition_status::true_ &&
           object.status.observed_generation == object.generation &&
           ready.observed_generation == object.generation;
}

}  // namespace binding
