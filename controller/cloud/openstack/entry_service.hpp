#pragma once

#include "cloud/openstack/clouds_yaml.hpp"
#include "cloud/openstack/entry_reader.hpp"

namespace cloud::openstack {

// Whether the entry is for a cloud that attaches single bindings itself: auth_type is bycloud.
bool is_of_binding_service(entry_reader& entry);

// Reads endpoint, api_key and token of such an entry, from auth or beside it. What they hold is checked where
// they are used (cloud/bycloud/).
void read_service(entry_reader& entry, cloud_entry& read);

}  // namespace cloud::openstack
