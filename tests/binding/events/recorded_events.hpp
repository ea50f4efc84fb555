#pragma once

#include "binding/events/event_log.hpp"

#include <set>
#include <string>
#include <vector>

namespace test {

// The event log of the program, which records the events instead of passing them on.
struct recorded_events final : binding::event_log
{
    struct update
    {
        std::optional<cloud::failure> failed;
        std::optional<support::duration> window;
    };

    recorded_events()
        : event_log(
              {[this](const binding::event& event) {
                   const auto& [name_space, name, uid] = event.regarding;
                   const std::string subject =
                       name.empty() ? name_space.str() : name_space.str() + "/" + name;
                   events.push_back(subject + " " + event.reason);
                   kept.insert(subject + " " + event.reason + " " + event.key);
                   last = event;
               },
               [this](auto failed, auto window) { updates.push_back({failed, window}); },
               [this](auto refs) { orphans += refs; }}
          )
    {}
    recorded_events(const recorded_events&) = delete;
    recorded_events& operator=(const recorded_events&) = delete;

    std::vector<std::string> events;  // "shop/web Attached", "shop RefsOrphaned"
    std::set<std::string> kept;       // with its key: Kubernetes keeps one event of a key
    binding::event last;
    std::vector<update> updates;
    std::size_t orphans = 0;
};

}  // namespace test
