#pragma once

#include "kube/client.hpp"

#include <string>

// Paths and queries of the requests to the API server, below its URL
// (https://kubernetes.io/docs/reference/using-api/api-concepts/).
namespace kube {

std::string target_of(const list_request& request);
std::string target_of(const watch_request& request);

// `manager`: the field manager of a write.
std::string target_of(const patch_request& request, const std::string& manager);
std::string target_of(const create_request& request, const std::string& manager);

// Of one object, to read or to delete it.
std::string object_target(const resource& resource, const std::string& name_space, const std::string& name);

}  // namespace kube
