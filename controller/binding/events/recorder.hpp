#pragma once

#include "binding/events/event_sink.hpp"
#include "binding/index/binding_store.hpp"
#include "binding/observed/target_state.hpp"
#include "support/clock.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace binding {

// Tells what has happened to bindings: a line in the log and an event each.
class recorder
{
public:
    recorder(const support::clock& clock, const binding_store& store, binding::event_sink& observer)
        : clock_(clock), store_(store), observer_(observer)
    {}

    // A step that fails is tried again with the same notices: each is told once in an hour. What is told at
    // once is of one thing that happened.
    void tell(const std::vector<notice>& notices);
    // The status of a binding has changed.
    void tell_change(const certificate_binding& before, const certificate_binding& after);
    // What a binding leaves on the listener whose finalizer somebody has removed. `memory`: of the target
    // that it was in; null: none.
    void tell_orphans(
        const certificate_binding& before, const certificate_binding* after, const target_state* memory
    );

    // The binding is gone.
    void forget(const support::uuid& uid);

private:
    const support::clock& clock_;
    const binding_store& store_;
    binding::event_sink& observer_;
    std::map<std::pair<support::uuid, std::string>, support::time_point> told_;  // notices, and when
};

}  // namespace binding
