#pragma once

#include "binding/gates/write_gates.hpp"

#include <vector>

// Events as the difference between the ledger or listener before a step and after it.
namespace binding {

// Of one binding whose ledger changes: which refs are adopted.
std::vector<event> events_between(
    const certificate_binding& object, const ledger& before, const ledger& after
);

// Of a binding whose finalizer is removed: which refs stay on the listener.
std::vector<event> events_of_release(const observation& observation, const member& member);

// Of the PUT: the dead refs that it leaves out, and the default that it replaces or restores.
std::vector<event> events_of_put(const listener_update& update);

// Of the end of a PUT: the changes of another client that the PUT overwrote. Expects listener and load
// balancer.
std::vector<event> events_of_put_end(const observation& observation, const members& own);

}  // namespace binding
