#pragma once

#include "binding/policies/member.hpp"

// How long a binding waits for what mostly ends by itself, before its status says that a person is needed.
namespace binding {

// What is left of the grace period of the binding's generation, in which `why` counts as a wait: what is
// missing may be created together with the binding. Empty: the period is over, or `why` has none.
std::optional<support::duration> grace_left(const observation& observation, const member& member, reason why);

// The status that the plan decided, as overdue where the wait has lasted too long: the cloud is misdirected
// for the grace period, or the load balancer is PENDING for half an hour. An overdue wait stays overdue after
// a restart.
ready_status judge_wait(const observation& observation, const member& member, ready_status ready);

}  // namespace binding
