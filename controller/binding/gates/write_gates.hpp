#pragma once

#include "binding/gates/gate.hpp"

#include <optional>
#include <set>
#include <variant>

// Why the listener must not be written now, although its slots are assigned.
namespace binding {

// The change that the gates judge: members and slots after assign().
struct listener_update
{
    const binding::observation& observation;
    const listener_view& view;
    const binding::members& members;
    const assignment& slots;
    const std::set<cloud::container_ref>& left_out;  // dead refs of ours that the assignment left out
    bool put_resolved = false;  // the outcome of the PUT before this one became known in this pass
    // narrow-writes, the exception: a listener in ERROR with an unconfirmed entry of ours gets the same PUT
    // again.
    bool repeat = false;

    bool changes() const { return slots.change != cloud::listener_change{}; }
};

bool must_repeat(const listener_view& view, const members& members);

// Whether the PUT takes the entry off the listener.
bool is_removed(const listener_update& update, const attachment& entry);

// Whether the PUT puts the entry on the listener, where it is not.
bool is_added(const listener_update& update, const attachment& entry);

using shut_write_gate = std::variant<no_write, read, take_turn, wait, leave_out>;

// The first gate of the table in write_gates.cpp that is shut; empty: the listener may be written.
std::optional<shut_write_gate> first_write_gate(const listener_update& update);

}  // namespace binding
