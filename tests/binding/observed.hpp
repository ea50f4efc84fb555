#pragma once

#include "binding/observer.hpp"

#include <vector>

namespace test {

// What a reconciler has told.
struct observed final : binding::observer
{
    struct update
    {
        std::optional<cloud::failure> failed;
        std::optional<support::duration> window;
    };

    void listener_updated(std::optional<cloud::failure> failed, std::optional<support::duration> window)
        override
    {
        updates.push_back({failed, window});
    }

    std::vector<update> updates;
};

}  // namespace test
