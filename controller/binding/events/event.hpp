#pragma once

#include "support/uuid.hpp"

#include <string>

namespace binding {

// Something that people are told once.
struct event
{
    bool warning = false;
    std::string reason;
    std::string action;  // what was done or is to be done about it: Attach, Detach, ...
    std::string note;
    std::string key = {};  // not empty: what makes it the same event, should it be told again
};

// Something worth telling once, by an event and a line in the log.
struct notice
{
    support::uuid uid;
    bool warning = false;
    std::string reason;
    std::string message;
    bool at_once = false;  // it is true whatever becomes of the step
};

}  // namespace binding
