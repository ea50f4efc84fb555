#pragma once

#include "net/http/http.hpp"
#include "net/http/url.hpp"
#include "support/error.hpp"
#include "support/secret.hpp"

#include <memory>
#include <string>

namespace cloud::bycloud {

// One credential of the ByCloud API (https://docs.bycoded.cloud/api/authentication).
struct service_entry
{
    std::string name;  // for people
    // SHA-256 of the content, secrets included. It tells entries apart and must not be shown.
    std::string id;
    net::url endpoint;  // without /v1
    // "<access-key-id>:<secret-access-key>", or the token of a console user where there is no key.
    support::secret api_key;
    support::secret token;
    std::shared_ptr<const net::tls_settings> tls;  // null: the trust of the system

    const support::secret& sent() const { return api_key.empty() ? token : api_key; }
};

// What an entry of a clouds.yaml or the keys of a Secret say.
struct entry_text
{
    std::string name;
    std::string label;  // the beginning of every error, such as "Secret shop/cloud"
    std::string endpoint;
    support::secret api_key;
    support::secret token;
    std::string ca_pem;  // empty: the trust of the system
    // In the place of ca_pem, if its certificates have been checked.
    std::shared_ptr<const net::tls_settings> tls = {};
    // How the file spells the keys, for messages.
    std::string endpoint_key = "endpoint";
    std::string api_key_key = "api_key";
};

// Errors: invalid, with one line that quotes neither the key nor the token.
support::result<service_entry> understand_entry(entry_text text);

}  // namespace cloud::bycloud
