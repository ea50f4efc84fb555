#pragma once

#include "cloud/credentials.hpp"
#include "cloud/openstack/allowed_urls.hpp"
#include "cloud/openstack/clouds_yaml.hpp"

namespace cloud::openstack {

// The entry of a tenant's clouds.yaml. Unlike our own it leads to no file of this machine and to no server
// that is not admitted, is small, and what it holds is not quoted: its errors are seen by people who may not
// see the Secret.
support::result<cloud_entry> parse_tenant_entry(const credential_text& text, const allowed_urls& allowed);

}  // namespace cloud::openstack
