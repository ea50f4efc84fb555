#pragma once

#include "binding/plan/plan.hpp"
#include "binding/reconcile/reconcile_pass.hpp"
#include "kube/client.hpp"

namespace binding {

// The patch of a write, made from the object that the plan saw, so that the API server refuses it if the
// object has changed since.
kube::patch_request patch_for(const certificate_binding& object, const write& wanted);

// What the answer to a patch means for what Kubernetes holds now.
write_answer meaning_of(const support::error& error);

}  // namespace binding
