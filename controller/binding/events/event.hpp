#pragma once

#include "binding/resource/certificate_binding.hpp"
#include "support/interned.hpp"
#include "support/uuid.hpp"

#include <string>

namespace binding {

// What an event is about: a binding, or a namespace.
struct event_subject
{
    support::interned name_space;
    std::string name = {};  // the name of the binding; empty: the event is about the namespace
    support::uuid uid = {};

    bool is_namespace() const { return name.empty(); }
};

// What happened, for people: one line of the log, and one Event in Kubernetes.
struct event
{
    event_subject regarding;
    bool warning = false;
    std::string reason;
    std::string action;  // what the controller did, or a person has to do: Attach, Detach, Renew, ...
    std::string note;
    // If not empty, Kubernetes keeps one event of this key, however often the event is recorded. A key counts
    // again when Kubernetes has dropped the event, an hour later by default.
    std::string key = {};
    // The new state of the binding; unset: the event is not about a change of state.
    binding::state state = state::unset;
};

// About a binding. The action is Detach for a binding that is being deleted, else Attach.
event event_about(const certificate_binding& binding, bool warning, std::string reason, std::string note);

event event_about_namespace(
    support::interned name_space, bool warning, std::string reason, std::string action, std::string note
);

}  // namespace binding
