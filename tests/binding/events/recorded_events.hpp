#pragma once

#include "binding/events/event_sink.hpp"

#include <string>
#include <vector>

namespace test {

// What a reconciler has told.
struct recorded_events final : binding::event_sink
{
    struct update
    {
        std::optional<cloud::failure> failed;
        std::optional<support::duration> window;
    };

    void happened(const binding::certificate_binding& binding, const binding::event& what) override
    {
        events.push_back(binding.full_name() + " " + what.reason);
        last = what;
    }
    void happened_in(const std::string& name_space, const binding::event& what) override
    {
        events.push_back(name_space + " " + what.reason);
        last = what;
    }
    void listener_updated(std::optional<cloud::failure> failed, std::optional<support::duration> window)
        override
    {
        updates.push_back({failed, window});
    }
    void refs_orphaned(std::size_t refs) override { orphans += refs; }

    std::vector<std::string> events;  // "shop/web Attached", "shop RefsOrphaned"
    binding::event last;
    std::vector<update> updates;
    std::size_t orphans = 0;
};

}  // namespace test
