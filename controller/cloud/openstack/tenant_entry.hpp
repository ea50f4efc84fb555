#pragma once

#include "cloud/credentials.hpp"
#include "cloud/openstack/allowed_urls.hpp"
#include "cloud/openstack/clouds_yaml.hpp"

namespace cloud::openstack {

// Reads an entry of a tenant's clouds.yaml. The text is untrusted, so an entry must not name a file of this
// machine or a server that is not admitted, and its size is bounded. Errors do not quote its values, because
// people who may not read the Secret see them.
support::result<cloud_entry> parse_tenant_entry(const credential_text& text, const allowed_urls& allowed);

}  // namespace cloud::openstack
