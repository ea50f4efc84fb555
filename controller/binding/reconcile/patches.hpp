#pragma once

#include "binding/plan/plan.hpp"
#include "binding/reconcile/reconcile_pass.hpp"
#include "kube/client.hpp"

namespace binding {

inline const kube::resource bindings_resource{"certificates.bycloud.io", "v1alpha1", "certificatebindings"};

// The patch names the resourceVersion that the plan read, so the API server answers 409 if the object has
// changed since.
kube::patch_request patch_for(const certificate_binding& object, const write& wanted);

// What the error means for the object in Kubernetes.
write_answer meaning_of(const support::error& error);

}  // namespace binding
