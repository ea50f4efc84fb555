#pragma once

#include "binding/events/event.hpp"
#include "binding/gates/gate.hpp"

#include <variant>
#include <vector>

// What the plan may want done next. Every read, every write to Kubernetes and the one PUT is a step of its
// own, so a crash between any two is a crash between two calls of plan().
namespace binding {

enum class write_kind
{
    add_finalizer,
    remove_finalizer,
    status,
};

struct write
{
    support::uuid uid;
    write_kind kind = write_kind::status;
    status wanted{};              // of write_kind::status
    std::vector<event> events{};  // what is true once this write has succeeded
};

// Write to Kubernetes, side by side.
struct commit
{
    std::vector<write> writes;
};

// Send the one PUT. All that it does is committed.
struct put
{
    cloud::listener_change change;
    listener_slots from;          // the listener that it was planned from
    listener_slots expected;      // the listener afterwards
    std::vector<addition> adds;   // certificates of bindings that it brings
    std::vector<event> events{};  // what is true once Octavia has accepted it
};

using step = std::variant<read, commit, take_turn, put, done>;

}  // namespace binding
