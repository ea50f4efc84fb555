#pragma once

#include "binding/gates/write_gates.hpp"

#include <vector>

// Events as the difference between what was and what a step makes of it.
namespace binding {

// Of the ledger of one binding: what is adopted.
std::vector<event> events_between(
    const certificate_binding& object, const ledger& before, const ledger& after
);

// Of a binding whose ledger remembers from now on the foreign default that its own certificate replaces.
std::vector<event> events_of_replacement(
    const listener_update& update, const member& member, const ledger& ahead
);

// Of a binding whose finalizer goes: what it leaves on the listener.
std::vector<event> events_of_release(const observation& observation, const member& member);

// Of the listener, by the PUT: dead refs that it leaves out, the default that it restores.
std::vector<event> events_of_put(const listener_update& update);

}  // namespace binding
