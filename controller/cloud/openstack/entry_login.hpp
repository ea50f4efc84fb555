#pragma once

#include "cloud/openstack/clouds_yaml.hpp"
#include "cloud/openstack/entry_reader.hpp"

namespace cloud::openstack {

// Reads auth_type and auth as keystoneauth does. A key of auth that the login has no use for is a problem of
// the entry.
void read_login(entry_reader& entry, cloud_entry& read);

}  // namespace cloud::openstack
