#pragma once

#include "support/error.hpp"
#include "support/secret.hpp"

#include <string_view>

namespace binding {

// What a Secret holds of a credential.
struct secret_content
{
    support::secret clouds_yaml;  // its key clouds.yaml
    support::secret ca_pem;       // its key cacert; empty: there is none

    bool operator==(const secret_content&) const = default;
};

// Reads a Secret as the API server sends it. errc::invalid says what it lacks.
support::result<secret_content> decode_secret(std::string_view object);

}  // namespace binding
