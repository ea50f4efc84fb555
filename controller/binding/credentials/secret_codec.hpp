#pragma once

#include "support/error.hpp"
#include "support/secret.hpp"

#include <string_view>

namespace binding {

// The keys of a Secret that make a credential.
struct secret_content
{
    support::secret clouds_yaml;  // of the key clouds.yaml; empty: the Secret has the key endpoint
    support::secret ca_pem;       // of the key cacert; empty: the Secret has no such key
    // Of the keys endpoint, api-key and token, for a cloud that attaches single bindings itself; without the
    // line end that files have.
    support::secret endpoint = {};
    support::secret api_key = {};
    support::secret token = {};

    bool operator==(const secret_content&) const = default;
};

// Reads a Secret as the API server sends it. errc::invalid names the key that is missing or malformed.
support::result<secret_content> decode_secret(std::string_view object);

}  // namespace binding
