#pragma once

#include "support/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace runtime {

// Tells when an open watch that shows nothing has to be taken for dead, although its connection stands: the
// server is frozen, or something between acknowledges in its place. Pure; time is an argument.
//
// - Servers send a bookmark each minute
//   (https://kubernetes.io/docs/reference/using-api/api-concepts/#watch-bookmarks). Once one was seen,
//   silence for 150 s is too long.
// - The answer to a write of ours holds a version that the watch has to reach within 30 s. If the next watch
// from
//   the same version does not reach it either, the server has lost the event.
class watch_liveness
{
public:
    // A whole list was read, at this version.
    void listed(const std::string& version);
    void opened(support::time_point now);
    void event_read(const std::string& version, bool bookmark, support::time_point now);
    // The server answered a write of ours with this version.
    void wrote(std::uint64_t version, support::time_point now);

    // When the watch is dead unless an event comes before; empty: never.
    std::optional<support::time_point> dead_at() const;

    // When the watch was opened, or showed an event, last.
    support::time_point last_event() const { return last_event_; }

    // Why the watch is dead at dead_at(), for people.
    std::string reason() const;

    // Whether only a list can show what the watch does not.
    bool event_lost() const { return oldest_ && watches_without_ > 1; }

private:
    struct awaited
    {
        std::uint64_t version;
        support::time_point by;
    };

    void reached(const std::string& version);

    bool bookmarks_ = false;  // whether the server sends them
    support::time_point last_event_{};
    std::uint64_t version_ = 0;
    std::optional<awaited> oldest_;  // of the writes that the watch has not reached
    std::optional<awaited> newest_;
    int watches_without_ = 0;  // that were opened since the oldest write, and did not reach it
};

}  // namespace runtime
