#pragma once

#include "cloud/client.hpp"
#include "support/clock.hpp"

#include <optional>

namespace binding {

// An answer and when its question was sent: what it says was true at that time or later.
template <class T>
struct observed
{
    support::time_point asked_at;
    T value;
};

struct ref_observation
{
    support::time_point asked_at{};
    cloud::ref_state state = cloud::ref_state::unknown;
    std::optional<support::time_point> dead_since;  // when the first of an unbroken row of 404s was asked for
};

}  // namespace binding
