#pragma once

#include "binding/events/event_log.hpp"

#include <chrono>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

namespace test {

// A clock that a test moves by hand, and on which nobody sleeps.
struct clock_of_events final : support::clock
{
    support::time_point time{std::chrono::hours(1)};

    support::time_point now() const override { return time; }
    support::wall_time wall() const override { return {}; }
    support::task<> sleep_until(support::time_point) override { std::abort(); }
};

// Constructed before the event log, which refers to it.
struct has_clock_of_events
{
    clock_of_events clock;
};

// The event log of the program, which records the events instead of passing them on.
struct recorded_events final : has_clock_of_events, binding::event_log
{
    struct update
    {
        std::optional<cloud::failure> failed;
        std::optional<support::duration> window;
    };

    recorded_events()
        : event_log(
              clock,
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
