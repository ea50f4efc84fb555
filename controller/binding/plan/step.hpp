#pragma once

#include "binding/events/event.hpp"
#include "binding/gates/gate.hpp"

#include <variant>
#include <vector>

// The steps that the plan may ask for. Reads, writes to Kubernetes and the PUT are never in one step, so a
// crash between two of them is a crash between two calls of plan(). The requests of one step are sent at the
// same time, and each may succeed without the others.
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
    std::vector<event> events{};  // told when the write has, or may have, succeeded
};

// Write to Kubernetes, all writes at the same time.
struct commit
{
    std::vector<write> writes;
};

// Send the PUT. The ledgers are committed.
struct put
{
    cloud::listener_change change;
    listener_slots from;          // the listener that it was planned from
    listener_slots expected;      // the listener afterwards
    std::vector<addition> adds;   // the certificates of bindings that the PUT adds
    std::vector<event> events{};  // told when the PUT is sent, before Octavia answers
};

using step = std::variant<read, commit, take_turn, put, done>;

}  // namespace binding
