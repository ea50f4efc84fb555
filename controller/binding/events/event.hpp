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
    std::string name = {};  // of the binding; empty: the event is about the namespace
    support::uuid uid = {};

    bool is_namespace() const { return name.empty(); }
};

// Something that people are told once: a line of the log, and an Event in Kubernetes.
struct event
{
    event_subject regarding;
    bool warning = false;
    std::string reason;
    std::string action;  // what was done or is to be done about it: Attach, Detach, ...
    std::string note;
    // Not empty: Kubernetes keeps one event of this key, however often the event is recorded.
    std::string key = {};
    // The state that the binding has come into; unset: the event tells of something else.
    binding::state state = state::unset;
};

// About a binding. The action is what the controller does for the binding: Detach if it is deleted, else
// Attach.
event event_about(const certificate_binding& binding, bool warning, std::string reason, std::string note);

event event_about_namespace(
    support::interned name_space, bool warning, std::string reason, std::string action, std::string note
);

}  // namespace binding
