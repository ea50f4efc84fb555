#pragma once

#include "binding/gates/gate.hpp"

#include <optional>
#include <variant>

// Why the slots of the listener cannot be assigned: something has to be read first, or the pass ends.
namespace binding {

using shut_stop_gate = std::variant<read, take_turn, stop>;

// The first gate of the table in stops.cpp that is shut; empty: the observation is complete.
std::optional<shut_stop_gate> first_stop(const observation& observation, const members& own);

// The listener has no certificates, because its protocol is not TERMINATED_HTTPS. Expects that no PUT of ours
// is in doubt.
std::optional<stop> stop_for_protocol(const observation& observation, const members& own);

// The end of the pass after a failure that concerns all bindings of the target.
stop stop_for(const observation& observation, const members& own, const cloud::error& error);

}  // namespace binding
