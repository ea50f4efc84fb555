#pragma once

#include "cloud/credentials.hpp"
#include "cloud/openstack/allowed_urls.hpp"
#include "cloud/openstack/clouds_yaml.hpp"

#include <map>
#include <optional>
#include <string>

namespace cloud::openstack {

// The entries of a tenant's clouds.yaml, parsed once. The text is untrusted, so an entry must not name a file
// of this machine or a server that is not admitted, and size and number are bounded. Errors do not quote the
// values, because people who may not read the Secret see them.
class tenant_entries
{
public:
    tenant_entries(const credential_text& text, const allowed_urls& allowed);

    // The entry `cloud`; empty: the only one. Errors: invalid.
    support::result<cloud_entry> find(const std::string& cloud) const;

private:
    std::optional<support::error> problem_;  // of the text as a whole
    entry_sources sources_;                  // without their text
    config_map names_;                       // of the clouds; the values are empty
    std::map<std::string, support::result<cloud_entry>> read_;
};

// Reads one entry.
support::result<cloud_entry> parse_tenant_entry(const credential_text& text, const allowed_urls& allowed);

}  // namespace cloud::openstack
