#pragma once

#include "kube/events.hpp"

#include <string>

namespace app {

// The Event of a restored etcd, for people who read the Events of the watched namespace, or those of the
// CustomResourceDefinition (in the namespace default) where all namespaces are watched.
kube::event event_of_lost_history(const std::string& watched_namespace);

}  // namespace app
